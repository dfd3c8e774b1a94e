#include "cache/header.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using pgw::cache::testing::Fields;

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
