// What an operator names, raw or encoded, and what it meets.
#include "gateway/service/entry_selection.h"

#include <string>
#include <tuple>

#include "support/catch.h"

using namespace pgw;
using namespace pgw::service;

namespace {

cache::KeyParts parts(std::string_view path, std::string_view query = {}) {
  return {.operation = "list", .upstream = "u", .path = path, .query = query};
}

}  // namespace

TEST_CASE("a prefix meets a target whichever of them is encoded, and its pairs in any order") {
  const auto [path, query, prefix, meets] = GENERATE(table<std::string, std::string, std::string, bool>({
      {"/items/a%20b", "", "/items/a%20b", true},
      {"/items/a%20b", "", "/items/a b", true},
      {"/items", "ids=1,2", "/items?ids=1,2", true},
      {"/items", "ids=1,2", "/items?ids=1%2C2", true},
      {"/items", "ids=1%2C2", "/items?ids=1,2", true},
      {"/items", "a=1&b=2", "/items?b=2", true},
      {"/items", "a=1&b=2", "/items?b=2&a=1", true},
      {"/items", "a=1&b=2", "/items?b=3", false},
      {"/items/1", "", "/items", true},
      {"/items/1", "b=2", "/items?b=2", false},
      {"/items", "", "/items/", false},
  }));
  CAPTURE(path, query, prefix);
  CHECK(target_starts_with(parts(path, query), prefix) == meets);
}

TEST_CASE("a URL meets its own target alone, and without a query any of its path") {
  CHECK(is_target(parts("/items", "a=1&b=2"), "/items?b=2&a=1"));
  CHECK(is_target(parts("/items", "a=1&b=2"), "/items"));
  CHECK(is_target(parts("/items/a;v", ""), "/items/a%3Bv"));
  CHECK_FALSE(is_target(parts("/items", "a=1&b=2"), "/items?b=2"));
  CHECK_FALSE(is_target(parts("/items/1", ""), "/items"));
}

TEST_CASE("a pattern stands for a segment, or for anything") {
  const auto [path, pattern, meets] = GENERATE(table<std::string, std::string, bool>({
      {"/items/1/parts", "/items/*/parts", true},
      {"/items/1", "/items/*", true},
      {"/items/1/parts", "/items/*", false},
      {"/items/1/parts", "/items/**", true},
      {"/items/a%40b", "/items/a@*", true},
      {"/items", "/items/*", false},
      {"/items/12", "/items/1*", true},
      {"/a/b/c/d", "/**/c/*", true},
      {"/a/c/c/d", "/*/c/*", false},
      {"/a/xbxc/d", "/a/*b*c/d", true},
      {"/a/xb/c/d", "/a/*b*c/d", false},
      {"/a/b", "**", true},
      {"/a/b", "**b", true},
      {"/a/b", "/a/b*", true},
      {"/a/b/", "/a/b*", false},
      {"/ab/cb/db", "/a*/**b", true},
      {"", "*", true},
  }));
  CAPTURE(path, pattern);
  CHECK(path_matches(parts(path), pattern) == meets);
}

TEST_CASE("a pattern full of stars takes no longer than its length and the path's") {
  std::string pattern = "/";
  for (int i = 0; i < 500; ++i) pattern += i % 2 == 0 ? "*a" : "**a";
  const std::string path = "/" + std::string(4'000, 'a') + "/b";
  CHECK_FALSE(path_matches(parts(path), pattern + "c"));
  CHECK(path_matches(parts(path), pattern + "**"));
}

TEST_CASE("a URL may be absolute, and begin with the path of the API") {
  const auto [url, path] = GENERATE(table<std::string, std::string>({
      {"/items/1?a=b", "/items/1?a=b"},
      {"/v4/items/1", "/items/1"},
      {"http://gw.example:8080/v4/items/1?u=http://x/", "/items/1?u=http://x/"},
      {"/items?u=http://x/", "/items?u=http://x/"},
      {"/v4", "/v4"},
      {"/v40/items", "/v40/items"},
      {"http://gw.example", ""},
  }));
  CHECK(targets_named(url, "/v4").back() == path);
}

TEST_CASE("a tag is named raw or encoded, with a slash before it or without") {
  const auto [text, tag] = GENERATE(table<std::string, std::string>({
      {"items/1", "items/1"},
      {"/items/1", "items/1"},
      {"items/user@example.com", "items/user%40example.com"},
      {"items/user%40example.com", "items/user%40example.com"},
      {"items/a:b", "items/a%3Ab"},
      {"items/*", "items/*"},
      {"items/a b", "items/a%20b"},
  }));
  CAPTURE(text);
  bool is_named = false;
  for (const auto& one : tags_named(text)) is_named = is_named || one.text() == tag;
  CHECK(is_named);
}
