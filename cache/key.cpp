#include "cache/key.h"

#include <algorithm>
#include <array>

#include <xxhash.h>

#include "base/percent.h"

namespace pgw::cache {
namespace {

// What stands in a part of the target as it came: what a target may hold at all, but for what is special there.
using Plain = std::array<bool, 256>;
constexpr Plain all_but(std::string_view special) {
  Plain table{};
  for (unsigned char c = '!'; c <= '~'; ++c) table[c] = special.find(static_cast<char>(c)) == std::string_view::npos;
  return table;
}
constexpr Plain kOfAPath = all_but("%#?");
constexpr Plain kOfAQuery = all_but("%#");

// A text is a sequence of characters, encoded bytes and stray '%' that begin no encoding. What is written reads as the
// same sequence again, so no two sequences become one text. That is why an unreserved byte stays encoded where it would
// complete the encoding that a stray '%' had left open: "%2%46" must not become "%2F".
void append_normalised(std::string& out, std::string_view text, const Plain& plain) {
  std::size_t open_until = 0;  // the size of `out` up to which a stray '%' looks for its digits
  while (!text.empty()) {
    const auto special =
        std::find_if_not(text.begin(), text.end(), [&](char c) { return plain[static_cast<unsigned char>(c)]; });
    const auto length = static_cast<std::size_t>(special - text.begin());
    out += text.substr(0, length);
    text.remove_prefix(length);
    if (text.empty()) return;
    const int encoded = base::percent_byte(text);
    const char c = encoded < 0 ? text.front() : static_cast<char>(encoded);
    if (encoded < 0 && c == '%') {
      out += c;
      open_until = out.size() + 2;
    } else if (base::is_unreserved(c) && out.size() >= open_until) {
      out += c;
    } else {
      base::append_percent_encoded(out, c);
    }
    text.remove_prefix(encoded < 0 ? 1 : 3);
  }
}

}  // namespace

void append_encoded(std::string& out, std::string_view text) {
  for (;;) {
    const auto end = std::find_if_not(text.begin(), text.end(), base::is_unreserved);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    base::append_percent_encoded(out, text[plain]);
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
  append_normalised(key, path, kOfAPath);
  if (query.empty()) return;
  key += '?';
  append_normalised(key, query, kOfAQuery);
}

// '#' occurs nowhere else in a key.
void append_key_field(std::string& key, std::string_view name, std::optional<std::string_view> value) {
  key += '#';
  append_encoded(key, name);
  if (!value) return;
  key += '=';
  append_encoded(key, *value);
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
  const std::string_view rest = key.substr(second + 1);
  const std::size_t fields = std::min(rest.find('#'), rest.size());
  const std::string_view target = rest.substr(0, fields);
  const std::size_t mark = std::min(target.find('?'), target.size());
  return KeyParts{key.substr(0, first), key.substr(first + 1, second - first - 1), target.substr(0, mark),
                  target.substr(std::min(mark + 1, target.size())), rest.substr(fields)};
}

KeyHash hash_key(std::string_view key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.low64, hash.high64};
}

}  // namespace pgw::cache
