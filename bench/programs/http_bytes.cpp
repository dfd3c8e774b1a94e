#include "http_bytes.h"

#include <algorithm>
#include <charconv>

namespace pgw::bench {
namespace {

bool begins_with_name(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return false;
  return std::equal(name.begin(), name.end(), line.begin(), [](char wanted, char found) {
    return wanted == (found >= 'A' && found <= 'Z' ? static_cast<char>(found - 'A' + 'a') : found);
  });
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::optional<Message> message_in(std::string_view buffer) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = buffer.substr(0, end + 4);
  return Message{head, head.starts_with("GET ") ? 0 : number(field_of(head, "content-length"))};
}

std::string_view field_of(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2);
    if (!begins_with_name(line, name)) continue;
    const auto value = line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

int status_of(std::string_view head) {
  return head.starts_with("HTTP/1.1 ") ? static_cast<int>(number(head.substr(9, 3))) : 0;
}

std::string_view target_of(std::string_view head) {
  const auto begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

}  // namespace pgw::bench
