#include "cache/header.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using pgw::cache::testing::Fields;

namespace {

std::vector<std::string> split(std::string_view value) {
  std::vector<std::string> out;
  ListReader reader(value);
  while (const auto element = reader.next()) out.emplace_back(*element);
  return out;
}

}  // namespace

TEST_CASE("A list field splits at commas outside of quoted strings") {
  const auto [value, expected] = GENERATE(table<std::string, std::vector<std::string>>({
      {"", {}},
      {" , ,", {}},
      {"a", {"a"}},
      {"a,b", {"a", "b"}},
      {" a\t, b ,, c", {"a", "b", "c"}},
      {R"(a="x,y", b)", {R"(a="x,y")", "b"}},
      {R"(a="x\",y", b)", {R"(a="x\",y")", "b"}},
      {R"(a="open, b)", {R"(a="open, b)"}},
  }));
  CAPTURE(value);
  CHECK(split(value) == expected);
}

TEST_CASE("A quoted string loses its quotes and escapes, and nothing else passes for one") {
  const auto [text, expected] = GENERATE(table<std::string, std::optional<std::string>>({
      {R"("")", ""},
      {R"("a b")", "a b"},
      {R"("a\"b")", "a\"b"},
      {R"(a)", std::nullopt},
      {R"(")", std::nullopt},
      {R"("a"b")", std::nullopt},
      {R"("a\")", std::nullopt},
      {R"('a')", std::nullopt},
  }));
  CAPTURE(text);
  CHECK(unquote(text) == expected);
}

TEST_CASE("Field names are found without regard to case, the first line first") {
  const Fields headers{{"ETag", "a"}, {"etag", "b"}, {"Vary", "x, y"}, {"VARY", "z"}};
  CHECK(find(headers, "ETAG") == "a");
  CHECK_FALSE(find(headers, "Eta"));
  CHECK(list_elements(headers, "vary") == std::vector<std::string_view>{"x", "y", "z"});
}

TEST_CASE("A header block gives back what was put in, empty values included") {
  std::string block;
  append_line(block, "A", "1");
  append_line(block, "Empty", "");
  append_line(block, "a", "x: y");
  CHECK(block == "A: 1\r\nEmpty: \r\na: x: y\r\n");
  const auto headers = parse_block(block);
  REQUIRE(headers.size() == 3);
  CHECK(headers[1].name == "Empty");
  CHECK(headers[1].value.empty());
  CHECK(find_in_block(block, "EMPTY") == "");
  CHECK(find_in_block(block, "a") == "1");
  CHECK_FALSE(find_in_block(block, "Emp"));
}

TEST_CASE("A damaged block is read without running past its end") {
  CHECK(parse_block("A: 1\r\nB").size() == 1);
  CHECK(parse_block("\r\n\r\n").empty());
  CHECK(find_in_block("A: 1", "A") == "1");
}
