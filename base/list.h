// Comma-separated lists of HTTP fields (RFC 9110 section 5.6.1).
#pragma once

#include <optional>
#include <string_view>

namespace pgw::base {

/// Reads a list element by element: splits at commas outside of quoted strings, trims, and skips empty elements.
/// Elements are views into the list. An unterminated quoted string reaches to the end.
class ListReader {
 public:
  explicit ListReader(std::string_view list) : rest_(list) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

/// Calls `visit` with each element.
template <typename Visit>
void for_each_element(std::string_view list, const Visit& visit) {
  ListReader reader(list);
  while (const auto element = reader.next()) visit(*element);
}

/// Whether an element is that token, without regard to case.
bool list_contains(std::string_view list, std::string_view token);

}  // namespace pgw::base
