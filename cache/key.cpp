#include "cache/key.h"

#include <algorithm>
#include <array>
#include <vector>

#include <xxhash.h>

namespace pgw::cache {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 2.3.
constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const unsigned char c : {'-', '.', '_', '~'}) table[c] = true;
  return table;
}();

bool is_unreserved(char c) {
  return kUnreserved[static_cast<unsigned char>(c)];
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (is_unreserved(c)) {
    out += c;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

enum class Part { path, query };

void append_normalised(std::string& out, std::string_view text, Part part) {
  const auto stays = [part](char c) { return is_unreserved(c) || (c == '/' && part == Part::path); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto plain = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), stays);
    const std::size_t end = static_cast<std::size_t>(plain - text.begin());
    out.append(text.substr(i, end - i));
    i = end;
    if (i == text.size()) return;
    const char c = text[i];
    const bool encoded = c == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (encoded) {
      append_encoded(out, static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else if (c == '%') {
      out += c;
    } else {
      append_encoded(out, c == '+' && part == Part::query ? ' ' : c);
    }
  }
}

// One pair in canonical form; `name_length` tells where its name ends.
struct Pair {
  std::string text;
  std::size_t name_length;

  std::string_view name() const { return std::string_view(text).substr(0, name_length); }
};

Pair normalise_pair(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  Pair out{{}, 0};
  append_normalised(out.text, pair.substr(0, equals), Part::query);
  out.name_length = out.text.size();
  if (equals == std::string_view::npos) return out;
  out.text += '=';
  append_normalised(out.text, pair.substr(equals + 1), Part::query);
  return out;
}

void append_query(std::string& out, std::string_view query) {
  std::vector<Pair> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (end > 0) pairs.push_back(normalise_pair(query.substr(0, end)));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.name() < b.name(); });
  char separator = '?';
  for (const Pair& pair : pairs) {
    out += separator;
    out += pair.text;
    separator = '&';
  }
}

}  // namespace

void append_encoded(std::string& out, std::string_view text) {
  for (;;) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_unreserved);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    append_encoded(out, text[plain]);
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
  append_normalised(key, path, Part::path);
  append_query(key, query);
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
