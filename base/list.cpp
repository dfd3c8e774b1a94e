#include "base/list.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace pgw::base {
namespace {

/// The length of the element at the start of `text`: up to a comma outside of quoted strings.
std::size_t element_length(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted && c == '\\') {
      ++i;
    } else if (!quoted && c == ',') {
      return i;
    }
  }
  return text.size();
}

}  // namespace

std::optional<std::string_view> ListReader::next() {
  while (!rest_.empty()) {
    const std::size_t length = element_length(rest_);
    const std::string_view element = trim(rest_.substr(0, length));
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

bool list_contains(std::string_view list, std::string_view token) {
  ListReader reader(list);
  while (const auto element = reader.next()) {
    if (iequals(*element, token)) return true;
  }
  return false;
}

}  // namespace pgw::base
