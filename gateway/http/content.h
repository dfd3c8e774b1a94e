// What follows a response's head.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace pgw::http {

/// Bytes that someone keeps for as long as `owner` lives, so that they are sent from where they are. Without an owner
/// there is no content.
struct Content {
  std::shared_ptr<const void> owner;
  std::string_view bytes;

  Content() = default;
  Content(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  Content(std::shared_ptr<const void> its_owner, std::string_view its_bytes)
      : owner(std::move(its_owner)), bytes(its_bytes) {}
  template <typename Text>
  Content(std::shared_ptr<Text> text)  // NOLINT(google-explicit-constructor)
      : bytes(text ? std::string_view(*text) : std::string_view{}) {
    owner = std::move(text);
  }
};

}  // namespace pgw::http
