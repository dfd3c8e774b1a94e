#include "cache/header.h"

#include <algorithm>

namespace pgw::cache {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || kMarks.find(c) != std::string_view::npos;
}

// Length of the element at the start of `text`: up to a comma outside of quoted strings.
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

std::string_view take_line(std::string_view& block) {
  const std::size_t end = std::min(block.find("\r\n"), block.size());
  const std::string_view line = block.substr(0, end);
  block.remove_prefix(std::min(end + 2, block.size()));
  return line;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> find(HeaderSpan headers, std::string_view name) {
  for (const Header& header : headers) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> ListReader::next() {
  while (!rest_.empty()) {
    const std::size_t length = element_length(rest_);
    const std::string_view element = trim(rest_.substr(0, length));
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

std::vector<std::string_view> list_elements(HeaderSpan headers, std::string_view name) {
  std::vector<std::string_view> elements;
  for (const Header& header : headers) {
    if (!equals_ignoring_case(header.name, name)) continue;
    ListReader reader(header.value);
    while (const auto element = reader.next()) elements.push_back(*element);
  }
  return elements;
}

std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  std::string out;
  const std::string_view inner = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"') return std::nullopt;
    if (inner[i] == '\\' && ++i == inner.size()) return std::nullopt;
    out += inner[i];
  }
  return out;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

void append_line(std::string& block, std::string_view name, std::string_view value) {
  block.append(name).append(": ").append(value).append("\r\n");
}

std::vector<Header> parse_block(std::string_view block) {
  std::vector<Header> headers;
  while (!block.empty()) {
    const std::string_view line = take_line(block);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  return headers;
}

std::optional<std::string_view> find_in_block(std::string_view block, std::string_view name) {
  while (!block.empty()) {
    const std::string_view line = take_line(block);
    const std::size_t colon = line.find(": ");
    if (colon == name.size() && equals_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
  }
  return std::nullopt;
}

OwnedHeaders::OwnedHeaders(HeaderSpan headers) {
  std::size_t size = 0;
  for (const Header& header : headers) size += header.name.size() + header.value.size() + 4;
  block_.reserve(size);
  for (const Header& header : headers) append_line(block_, header.name, header.value);
}

}  // namespace pgw::cache
