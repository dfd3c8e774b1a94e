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

// ASCII only, as field names and directive names are (RFC 9110 5.1).
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);

// Without leading and trailing spaces and tabs (OWS, RFC 9110 5.6.3).
std::string_view trim(std::string_view text);

// The value of the first line with this name; nullopt when there is none.
std::optional<std::string_view> find(HeaderSpan headers, std::string_view name);

// Reads a list field element by element (RFC 9110 5.6.1): splits at commas outside of quoted strings, trims, and
// skips empty elements. Elements are views into `value`. An unterminated quoted string reaches to the end.
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// All elements of all lines with this name, in order.
std::vector<std::string_view> list_elements(HeaderSpan headers, std::string_view name);

// The text of a quoted-string without quotes and escapes; nullopt when `text` is not one complete quoted-string.
std::optional<std::string> unquote(std::string_view text);

bool is_token(std::string_view text);  // RFC 9110 5.6.2; not empty

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
