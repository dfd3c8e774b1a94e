#include "base/text.h"

#include <cstdint>
#include <limits>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("letters are folded in ASCII and nowhere else") {
  CHECK(to_lower('A') == 'a');
  CHECK(to_lower('Z') == 'z');
  CHECK(to_lower('[') == '[');
  CHECK(to_lower('@') == '@');
  CHECK(to_lower("X-Request-ID \xc3\x84") == "x-request-id \xc3\x84");
  CHECK(is_letter('q'));
  CHECK(is_letter('Q'));
  CHECK_FALSE(is_letter('_'));
  CHECK_FALSE(is_letter('\xc4'));
}

TEST_CASE("texts that differ in case alone are equal, and no others") {
  CHECK(iequals("", ""));
  CHECK(iequals("Content-Type", "cONTENT-tYPE"));
  CHECK_FALSE(iequals("Content-Type", "Content-Typ"));
  CHECK_FALSE(iequals("a", "b"));
  CHECK_FALSE(iequals("[", "{"));  // 32 apart, as 'A' and 'a' are
  CHECK_FALSE(iequals("\xc4", "\xe4"));
}

TEST_CASE("white space is trimmed at both ends only") {
  CHECK(trim("").empty());
  CHECK(trim(" \t ").empty());
  CHECK(trim("\t a b \t") == "a b");
  CHECK(trim("\r\na") == "\r\na");
  CHECK(trim("\r\n a\v", " \t\r\n\f\v") == "a");
}

TEST_CASE("numbers are appended in decimal, the longest included") {
  std::string out = "n=";
  append_number(out, 0);
  append_number(out, std::numeric_limits<std::int64_t>::min());
  append_number(out, std::numeric_limits<std::uint64_t>::max());
  CHECK(out == "n=0-922337203685477580818446744073709551615");
}
