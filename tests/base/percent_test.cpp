#include "base/percent.h"

#include <tuple>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("a triplet is a percent sign and two digits at the very front") {
  CHECK(percent_byte("%2F") == '/');
  CHECK(percent_byte("%2f...") == '/');
  CHECK(percent_byte("%00") == 0);
  CHECK(percent_byte("") == -1);
  CHECK(percent_byte("%") == -1);
  CHECK(percent_byte("%2") == -1);
  CHECK(percent_byte("%2G") == -1);
  CHECK(percent_byte("a%2F") == -1);
}

TEST_CASE("percent-decoding is strict, form decoding keeps what it can't read") {
  const auto [text, strict, form] = GENERATE(table<std::string, std::optional<std::string>, std::string>({
      {"", "", ""},
      {"a+b", "a+b", "a b"},
      {"a%2Fb", "a/b", "a/b"},
      {"%2b", "+", "+"},
      {"%252F", "%2F", "%2F"},
      {"100%", std::nullopt, "100%"},
      {"%2", std::nullopt, "%2"},
      {"%zz", std::nullopt, "%zz"},
      {"%2%46", std::nullopt, "%2F"},
      {"%ff", "\xff", "\xff"},
  }));
  CAPTURE(text);
  CHECK(percent_decoded(text) == strict);
  CHECK(form_decoded(text) == form);
}

TEST_CASE("each byte is written as a triplet that reads back") {
  for (int i = 0; i < 256; ++i) {
    std::string text;
    append_percent_encoded(text, static_cast<char>(i));
    CHECK(percent_byte(text) == i);
  }
  std::string text;
  append_percent_encoded(text, '\xaf');
  CHECK(text == "%AF");
}

TEST_CASE("66 characters are unreserved") {
  int count = 0;
  for (int i = 0; i < 256; ++i) count += is_unreserved(static_cast<char>(i)) ? 1 : 0;
  CHECK(count == 66);
  for (const char c : std::string("azAZ09-._~")) CHECK(is_unreserved(c));
  for (const char c : std::string("%/+ ;@\x7f")) CHECK_FALSE(is_unreserved(c));
}
