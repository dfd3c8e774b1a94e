#include "cache/key.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/catch.h"

using namespace pgw::cache;

namespace {

std::string to_upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

std::string key_of(std::string_view path, std::string_view query) {
  return make_key({"Op", "u1", path, query});
}

}  // namespace

TEST_CASE("Spellings of one request have one key") {
  const auto [path, query, other_path, other_query] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"/p", "a=%7E%41", "/p", "a=~A"},
          {"/p", "a=%c3%a9", "/p", "a=%C3%A9"},
          {"/p", "a=\xc3\xa9", "/p", "a=%C3%A9"},
          {"/p", "a=x y", "/p", "a=x%20y"},
          {"/p", "%61=1", "/p", "a=1"},
          {"/%70", "", "/p", ""},
          {"/a%2fb", "", "/a%2Fb", ""},
          {"/p", "a=%zz%41", "/p", "a=%zzA"},
      }));
  CAPTURE(path, query);
  CHECK(key_of(path, query) == key_of(other_path, other_query));
}

TEST_CASE("Different requests have different keys") {
  const auto [path, query, other_path, other_query] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"/p", "a=1&a=2", "/p", "a=2&a=1"},
          {"/p", "a=1&b=2", "/p", "b=2&a=1"},
          {"/p", "a=1", "/p", "&a=1&&"},
          {"/p", "a", "/p", "a="},
          {"/p", "a=1", "/p", ""},
          {"/p", "a=%26b=1", "/p", "a=&b=1"},
          {"/p", "a%3D1", "/p", "a=1"},
          {"/p", "a=+", "/p", "a=%2B"},
          {"/p", "a=x+y", "/p", "a=x%20y"},
          {"/p", "a=*", "/p", "a=%2A"},
          {"/p", "a=1;b=2", "/p", "a=1%3Bb=2"},
          {"/p", "ids=1,2", "/p", "ids=1%2C2"},
          {"/p", "a=x/y?z", "/p", "a=x%2Fy%3Fz"},
          {"/p", "a=%zz", "/p", "a=%25zz"},
          {"/p", "a=%", "/p", "a=%25"},
          {"/p", "a=a%2%46b", "/p", "a=a%2Fb"},
          {"/p", "a=%%32Fx", "/p", "a=%2Fx"},
          {"/p", "a=%2%35%32F", "/p", "a=%252F"},
          {"/p", "a=%2%36", "/p", "a=%26"},
          {"/a%2Fb", "", "/a/b", ""},
          {"/p+q", "", "/p%20q", ""},
          {"/a;v=1", "", "/a%3Bv=1", ""},
          {"/p%3Fa=1", "", "/p", "a=1"},
          {"/p", "A=1", "/p", "a=1"},
      }));
  CAPTURE(path, query);
  CHECK(key_of(path, query) != key_of(other_path, other_query));
}

namespace {

// What an origin may tell apart at the most: a text as characters, encoded bytes and stray '%'. An encoded unreserved
// byte is the character. Written apart from the key's own code, symbol by symbol: "c" for a character, "%XX" for a
// byte.
std::vector<std::string> symbols_of(std::string_view text) {
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  const std::string_view unreserved = "-._~";
  std::vector<std::string> symbols;
  while (!text.empty()) {
    std::string symbol(text.substr(0, 1));
    if (text.size() >= 3 && text[0] == '%' && is_hex(text[1]) && is_hex(text[2])) {
      symbol = "%" + to_upper(text.substr(1, 2));
      const auto byte = static_cast<char>(std::stoi(symbol.substr(1), nullptr, 16));
      const bool is_plain =
          std::isalnum(static_cast<unsigned char>(byte)) != 0 || unreserved.find(byte) != std::string_view::npos;
      text.remove_prefix(3);
      if (is_plain) symbol = byte;
    } else {
      text.remove_prefix(1);
    }
    symbols.push_back(std::move(symbol));
  }
  return symbols;
}

using Symbols = std::pair<std::vector<std::string>, std::vector<std::string>>;  // of path and query

// Remembers for each key what it stood for, and says whether a new one agrees.
class KeyOwners {
 public:
  bool agree(const std::string& path, const std::string& query) {
    Symbols symbols{symbols_of(path), symbols_of(query)};
    const auto [owner, is_new] = owners_.try_emplace(key_of(path, query), symbols);
    return owner->second == symbols;
  }
  std::size_t size() const { return owners_.size(); }

 private:
  std::unordered_map<std::string, Symbols> owners_;
};

// Every text of `length` pieces out of `alphabet`.
template <class Visit>
void for_each_text(std::span<const std::string_view> alphabet, std::size_t length, std::string& text, Visit& visit) {
  if (length == 0) return visit(text);
  for (const std::string_view piece : alphabet) {
    text += piece;
    for_each_text(alphabet, length - 1, text, visit);
    text.resize(text.size() - piece.size());
  }
}

}  // namespace

TEST_CASE("The key is injective: requests with one key are one request to every origin") {
  KeyOwners owners;

  SECTION("every query and path of few characters that can make and break encodings") {
    constexpr std::array<std::string_view, 10> alphabet = {"%", "2", "F", "4", "6", "a", "&", "=", "+", ";"};
    const auto query_agrees = [&](const std::string& text) {
      if (!owners.agree("/p", text)) FAIL("another query has the key of " << text);
    };
    const auto path_agrees = [&](const std::string& text) {
      if (!owners.agree("/" + text, "")) FAIL("another path has the key of " << text);
    };
    std::string text;
    for (std::size_t length = 0; length <= 5; ++length) for_each_text(alphabet, length, text, query_agrees);
    for (std::size_t length = 1; length <= 4; ++length) for_each_text(alphabet, length, text, path_agrees);
    CHECK(owners.size() > 30'000);
  }
  SECTION("long texts of raw and encoded characters, reserved and not") {
    constexpr std::array<std::string_view, 38> pieces = {
        "%",   "%2",  "%4",  "2",   "4",   "6",   "F",   "f",   "a",   "E",   "%2F", "%2f",   "/",
        "%3B", ";",   "%3D", "=",   "%26", "&",   "%2B", "+",   "%20", "%25", "%41", "%61",   "%46",
        "%66", "%32", "%36", "%7E", "~",   "%2C", ",",   "%40", "@",   "%3F", ":",   "%C3%A9"};
    std::minstd_rand random(20261128);
    const auto some_text = [&] {
      std::string text;
      for (std::size_t left = random() % 7; left > 0; --left) text += pieces[random() % pieces.size()];
      return text;
    };
    for (int round = 0; round < 60'000; ++round) {
      const std::string path = "/" + (round % 4 == 0 ? some_text() : std::string("p"));
      const std::string query = some_text() + (round % 2 == 0 ? "?" : "");
      if (!owners.agree(path, query)) FAIL("another request has the key of " << path << '?' << query);
    }
    CHECK(owners.size() > 30'000);
  }
}

TEST_CASE("Operation, upstream and path can't run into each other") {
  CHECK(make_key({"A B", "u", "/p", ""}) != make_key({"A", "B u", "/p", ""}));
  CHECK(make_key({"A", "u1", "/p", ""}) != make_key({"A", "u2", "/p", ""}));
  CHECK(make_key({"A", "u", "/p", ""}) != make_key({"B", "u", "/p", ""}));
  CHECK(make_key({"A", "", "u /p", ""}) != make_key({"A", "u", "/p", ""}));
}

TEST_CASE("A key tells its parts") {
  const std::string key = make_key({"Projects_list", "u 1", "/projects", "size=1&page=0"});
  CHECK(key == "Projects_list u%201 /projects?size=1&page=0");
  const auto parts = parse_key(key);
  REQUIRE(parts);
  CHECK(parts->operation == "Projects_list");
  CHECK(parts->upstream == "u%201");
  CHECK(parts->path == "/projects");
  CHECK(parts->query == "size=1&page=0");
  CHECK(parse_key(make_key({"A", "u", "/p", ""}))->query.empty());
  CHECK_FALSE(parse_key("this is not one"));
  CHECK_FALSE(parse_key("two words"));
}

TEST_CASE("A key can go by request fields, which can't be taken for a part of the target") {
  std::string absent = key_of("/p", "a=1#X=2");
  const std::string without = absent;
  append_key_field(absent, "x-tenant", std::nullopt);
  std::string empty = without;
  append_key_field(empty, "x-tenant", "");
  std::string given = without;
  append_key_field(given, "x-tenant", "a b#c");
  CHECK(without == "Op u1 /p?a=1%23X=2");
  CHECK(given == "Op u1 /p?a=1%23X=2#x-tenant=a%20b%23c");
  CHECK(absent != without);
  CHECK(absent != empty);
  CHECK(empty != given);
  const auto parts = parse_key(given);
  REQUIRE(parts);
  CHECK(parts->query == "a=1%23X=2");
  CHECK(parts->fields == "#x-tenant=a%20b%23c");
}

TEST_CASE("The hash of a key depends on all of it") {
  const KeyHash a = hash_key(key_of("/p", "a=1"));
  const KeyHash b = hash_key(key_of("/p", "a=2"));
  CHECK(a.low != b.low);
  CHECK(a.high != b.high);
}
