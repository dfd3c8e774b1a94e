#include "cache/header.h"

#include <algorithm>

#include "base/list.h"
#include "base/text.h"

namespace pgw::cache {
namespace {

std::string_view take_line(std::string_view& block) {
  const std::size_t end = std::min(block.find("\r\n"), block.size());
  const std::string_view line = block.substr(0, end);
  block.remove_prefix(std::min(end + 2, block.size()));
  return line;
}

}  // namespace

std::optional<std::string_view> find(HeaderSpan headers, std::string_view name) {
  for (const Header& header : headers) {
    if (base::iequals(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> list_elements(HeaderSpan headers, std::string_view name) {
  std::vector<std::string_view> elements;
  for (const Header& header : headers) {
    if (!base::iequals(header.name, name)) continue;
    base::for_each_element(header.value, [&](std::string_view element) { elements.push_back(element); });
  }
  return elements;
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
    if (colon == name.size() && base::iequals(line.substr(0, colon), name)) return line.substr(colon + 2);
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
