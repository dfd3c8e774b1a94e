// Header fields as the cache sees them: views into memory of the caller, in the order received.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgw::cache {

struct Header {
  std::string_view name;
  std::string_view value;
};
using HeaderSpan = std::span<const Header>;

// The value of the first line with this name; nullopt when there is none.
std::optional<std::string_view> find(HeaderSpan headers, std::string_view name);

// All elements of all lines with this name, in order.
std::vector<std::string_view> list_elements(HeaderSpan headers, std::string_view name);

// A header block is one string of "Name: value\r\n" lines: ready to be sent, cheap to keep.
void append_line(std::string& block, std::string_view name, std::string_view value);
std::vector<Header> parse_block(std::string_view block);
std::optional<std::string_view> find_in_block(std::string_view block, std::string_view name);

// Header fields copied out of a request, for those who outlive it.
class OwnedHeaders {
 public:
  OwnedHeaders() = default;
  explicit OwnedHeaders(HeaderSpan headers);

  // Valid as long as this object, and invalidated by moving it.
  std::vector<Header> view() const { return parse_block(block_); }

 private:
  std::string block_;
};

}  // namespace pgw::cache
