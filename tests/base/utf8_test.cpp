#include "base/utf8.h"

#include <tuple>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("every code point is written as a sequence that reads back, surrogates are refused") {
  for (char32_t point = 0; point <= 0x10ffff; point += point < 0x3000 ? 1 : 251) {
    std::string text;
    append_utf8(text, point);
    const bool is_surrogate = point >= 0xd800 && point < 0xe000;
    if (utf8_sequence(text) != (is_surrogate ? 0 : text.size())) FAIL("code point " << static_cast<unsigned>(point));
  }
  std::string ends;
  for (const char32_t point : {0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff})
    append_utf8(ends, point);
  CHECK(ends ==
        "\x7f"
        "\xc2\x80"
        "\xdf\xbf"
        "\xe0\xa0\x80"
        "\xed\x9f\xbf"
        "\xee\x80\x80"
        "\xef\xbf\xbf"
        "\xf0\x90\x80\x80"
        "\xf4\x8f\xbf\xbf");
  CHECK(is_utf8(ends));
}

TEST_CASE("malformed text is well-formed up to the byte that breaks it") {
  const auto [text, good] = GENERATE(table<std::string, std::size_t>({
      {"\x80", 0},                  // a tail without a lead
      {"\xc1\xbf", 0},              // overlong
      {"\xe0\x9f\xbf", 0},          // overlong
      {"\xf0\x8f\xbf\xbf", 0},      // overlong
      {"\xed\xa0\x80", 0},          // a surrogate
      {"\xf4\x90\x80\x80", 0},      // above U+10FFFF
      {"\xf5\x80\x80\x80", 0},      // above U+10FFFF
      {"ab\xe2\x82", 2},            // cut
      {"ab\xe2\x28\xa1", 2},        // no tail
      {"twelve bytes\xff", 12},     // behind whole words
      {"0123456\xc3\xa4\xc3z", 9},  // over the seam of a word
  }));
  CHECK(utf8_prefix(text) == good);
  CHECK_FALSE(is_utf8(text));
  CHECK(is_utf8(text.substr(0, good)));
}
