// The primary cache key: operation, upstream identity, path and query, in one canonical text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::cache {

struct KeyParts {
  std::string_view operation;
  std::string_view upstream;     // stands for the upstream and its credential; never the credential itself
  std::string_view path;         // as on the wire
  std::string_view query;        // as on the wire, without '?'
  std::string_view fields = {};  // of request fields that the key was told to go by, as `append_key_field` writes them
};

// "operation upstream path?query". The key is injective: requests with equal keys are the same request to every origin.
// Equal are only spellings that no origin tells apart (RFC 3986 6.2.2): percent-encoded unreserved characters are
// decoded, and the digits of other encodings are in upper case. Reserved characters stay as they came, raw or encoded;
// a
// '%' that begins no encoding stays; pairs of a query keep their order, empty ones too. Bytes that no request target
// may hold (space, controls, '#', beyond ASCII) are encoded, as the edge encodes those beyond ASCII on the way
// upstream. Parts can't run into each other: a space separates them and occurs in none, nor does a path hold a raw '?'.
std::string make_key(const KeyParts& parts);

// The same in two steps, for who makes many keys of one operation: what they share, "operation upstream ", and the rest
// of one of them, appended.
std::string make_key_prefix(std::string_view operation, std::string_view upstream);
void append_key_target(std::string& key, std::string_view path, std::string_view query);

// Tells requests apart by one more thing: a field of the request, absent or with this value. To be called behind
// `append_key_target`, in the same order for all keys of an operation.
void append_key_field(std::string& key, std::string_view name, std::optional<std::string_view> value);

// The parts of a key that was made so, as views into it, in canonical form; nullopt for any other text.
std::optional<KeyParts> parse_key(std::string_view key);

// Appends `text` with everything but RFC 3986 unreserved characters percent-encoded.
void append_encoded(std::string& out, std::string_view text);

struct KeyHash {
  std::uint64_t low;
  std::uint64_t high;
};
KeyHash hash_key(std::string_view key);  // 128-bit XXH3

}  // namespace pgw::cache
