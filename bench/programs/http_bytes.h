// The little of HTTP/1.1 that the benchmark's programs read: well-formed messages of known peers.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pgw::bench {

/// A message at the beginning of a buffer whose head is complete.
struct Message {
  std::string_view head;           ///< with the empty line
  std::size_t content_length = 0;  ///< 0 without the field
  std::size_t size() const { return head.size() + content_length; }
};

/// The message that `buffer` begins with, once its head is there; its body may not be.
std::optional<Message> message_in(std::string_view buffer);

/// The value of a field, empty without it. `name` is lower-case and the message's case is ignored.
std::string_view field_of(std::string_view head, std::string_view name);

/// 200 of "HTTP/1.1 200 OK"; 0 if it is no status line.
int status_of(std::string_view head);

/// The target of a request line: "/v4/projects?page=0".
std::string_view target_of(std::string_view head);

}  // namespace pgw::bench
