#include "cache/key.h"

#include <algorithm>
#include <array>

#include <xxhash.h>

namespace pgw::cache {
namespace {

// RFC 3986 2.3.
constexpr bool is_unreserved_char(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

enum ByteKind : std::uint8_t {
  unreserved = 1,  // means the same raw and encoded
  of_a_query = 2,  // stands in a query as it came
  of_a_path = 4,   // stands in a path as it came
};

constexpr std::array<std::uint8_t, 256> kByteKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved_char(byte)) kinds[c] |= unreserved;
    if (c != '%' && c != '#') kinds[c] |= of_a_query;
    if (c != '%' && c != '#' && c != '?') kinds[c] |= of_a_path;
  }
  return kinds;
}();

bool is_of(char c, ByteKind kind) {
  return (kByteKinds[static_cast<unsigned char>(c)] & kind) != 0;
}

bool is_unreserved(char c) {
  return is_of(c, unreserved);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_percent_encoded(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

// The byte that "%XX" at the front of `text` stands for.
std::optional<char> encoded_byte(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// A text is a sequence of characters, encoded bytes and stray '%' that begin no encoding. What is written reads as the
// same sequence again, so no two sequences become one text. That is why an unreserved byte stays encoded where it would
// complete the encoding that a stray '%' had left open: "%2%46" must not become "%2F".
void append_normalised(std::string& out, std::string_view text, ByteKind plain) {
  std::size_t open_until = 0;  // size of `out` up to which a stray '%' looks for its digits
  while (!text.empty()) {
    const auto special = std::find_if_not(text.begin(), text.end(), [plain](char c) { return is_of(c, plain); });
    const auto length = static_cast<std::size_t>(special - text.begin());
    out += text.substr(0, length);
    text.remove_prefix(length);
    if (text.empty()) return;
    const char c = text.front();
    const auto encoded = c == '%' ? encoded_byte(text) : std::nullopt;
    text.remove_prefix(encoded ? 3 : 1);
    if (encoded && is_unreserved(*encoded) && out.size() >= open_until) {
      out += *encoded;
    } else if (encoded || c != '%') {
      append_percent_encoded(out, encoded.value_or(c));
    } else {
      out += c;
      open_until = out.size() + 2;
    }
  }
}

}  // namespace

void append_encoded(std::string& out, std::string_view text) {
  for (;;) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_unreserved);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    append_percent_encoded(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
}

std::string make_key_prefix(std::string_view operation, std::string_view upstream) {
  std::string prefix;
  append_encoded(prefix, operation);
  prefix += ' ';
  append_encoded(prefix, upstream);
  prefix += ' ';
  return prefix;
}

void append_key_target(std::string& key, std::string_view path, std::string_view query) {
  append_normalised(key, path, of_a_path);
  if (query.empty()) return;
  key += '?';
  append_normalised(key, query, of_a_query);
}

std::string make_key(const KeyParts& parts) {
  std::string key = make_key_prefix(parts.operation, parts.upstream);
  append_key_target(key, parts.path, parts.query);
  return key;
}

std::optional<KeyParts> parse_key(std::string_view key) {
  const std::size_t first = key.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = key.find(' ', first + 1);
  if (second == std::string_view::npos || key.find(' ', second + 1) != std::string_view::npos) return std::nullopt;
  const std::string_view target = key.substr(second + 1);
  const std::size_t mark = std::min(target.find('?'), target.size());
  return KeyParts{key.substr(0, first), key.substr(first + 1, second - first - 1), target.substr(0, mark),
                  target.substr(std::min(mark + 1, target.size()))};
}

KeyHash hash_key(std::string_view key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.low64, hash.high64};
}

}  // namespace pgw::cache
