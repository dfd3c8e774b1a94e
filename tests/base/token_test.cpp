#include "base/token.h"

#include <tuple>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("a token is letters, digits and fifteen marks") {
  int count = 0;
  for (int i = 0; i < 256; ++i) count += is_token_character(static_cast<char>(i)) ? 1 : 0;
  CHECK(count == 26 + 26 + 10 + 15);
  CHECK(is_token("X-Request-ID"));
  CHECK(is_token("!#$%&'*+-.^_`|~"));
  for (const char* text : {"", " ", "a b", "a:", "a/b", "\"a\"", "a\x7f", "\xc3\xa4"}) CHECK_FALSE(is_token(text));
}

TEST_CASE("a quoted string loses its quotes and escapes, and nothing else passes for one") {
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
  CHECK(unquoted(text) == expected);
}
