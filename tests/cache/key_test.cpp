#include "cache/key.h"

#include "support/catch.h"

using namespace pgw::cache;

namespace {

std::string key_of(std::string_view path, std::string_view query) {
  return make_key({"Op", "u1", path, query});
}

}  // namespace

TEST_CASE("Spellings of one request have one key") {
  const auto [path, query, other_path, other_query] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"/p", "a=1&b=2", "/p", "b=2&a=1"},
          {"/p", "a=1", "/p", "&a=1&&"},
          {"/p", "a=x+y", "/p", "a=x%20y"},
          {"/p", "a=x+y", "/p", "a=x y"},
          {"/p", "a=%7E%41", "/p", "a=~A"},
          {"/p", "a=%c3%a9", "/p", "a=%C3%A9"},
          {"/p", "a=\xc3\xa9", "/p", "a=%C3%A9"},
          {"/p", "%61=1", "/p", "a=1"},
          {"/%70", "", "/p", ""},
          {"/a%2fb", "", "/a%2Fb", ""},
          {"/p", "a=*", "/p", "a=%2A"},
          {"/p", "b=1&a=2&b=3", "/p", "a=2&b=1&b=3"},
      }));
  CAPTURE(path, query);
  CHECK(key_of(path, query) == key_of(other_path, other_query));
}

TEST_CASE("Different requests have different keys") {
  const auto [path, query, other_path, other_query] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"/p", "a=1&a=2", "/p", "a=2&a=1"},
          {"/p", "a", "/p", "a="},
          {"/p", "a=1", "/p", ""},
          {"/p", "a=%26b=1", "/p", "a=&b=1"},
          {"/p", "a%3D1", "/p", "a=1"},
          {"/p", "a=+", "/p", "a=%2B"},
          {"/p", "a=%zz", "/p", "a=%25zz"},
          {"/p", "a=%", "/p", "a=%25"},
          {"/a%2Fb", "", "/a/b", ""},
          {"/p+q", "", "/p%20q", ""},
          {"/p%3Fa=1", "", "/p", "a=1"},
          {"/p", "A=1", "/p", "a=1"},
      }));
  CAPTURE(path, query);
  CHECK(key_of(path, query) != key_of(other_path, other_query));
}

TEST_CASE("Operation, upstream and path can't run into each other") {
  CHECK(make_key({"A B", "u", "/p", ""}) != make_key({"A", "B u", "/p", ""}));
  CHECK(make_key({"A", "u1", "/p", ""}) != make_key({"A", "u2", "/p", ""}));
  CHECK(make_key({"A", "u", "/p", ""}) != make_key({"B", "u", "/p", ""}));
  CHECK(make_key({"A", "", "u /p", ""}) != make_key({"A", "u", "/p", ""}));
}

TEST_CASE("A key tells its parts") {
  const std::string key = make_key({"Projects_list", "u 1", "/projects", "size=1&page=0"});
  CHECK(key == "Projects_list u%201 /projects?page=0&size=1");
  const auto parts = parse_key(key);
  REQUIRE(parts);
  CHECK(parts->operation == "Projects_list");
  CHECK(parts->upstream == "u%201");
  CHECK(parts->path == "/projects");
  CHECK(parts->query == "page=0&size=1");
  CHECK(parse_key(make_key({"A", "u", "/p", ""}))->query.empty());
  CHECK_FALSE(parse_key("this is not one"));
  CHECK_FALSE(parse_key("two words"));
}

TEST_CASE("The hash of a key depends on all of it") {
  const KeyHash a = hash_key(key_of("/p", "a=1"));
  const KeyHash b = hash_key(key_of("/p", "a=2"));
  CHECK(a.low != b.low);
  CHECK(a.high != b.high);
}
