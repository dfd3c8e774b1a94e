#include "base/hex.h"

#include <array>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("hexadecimal digits have values in either case, other characters none") {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const auto lower = lower_hex_digits.find(c);
    const auto upper = upper_hex_digits.find(c);
    const int expected = lower != std::string_view::npos   ? static_cast<int>(lower)
                         : upper != std::string_view::npos ? static_cast<int>(upper)
                                                           : -1;
    CHECK(hex_value(c) == expected);
  }
  CHECK(hex_byte('f', '0') == 0xf0);
  CHECK(hex_byte('g', '0') == -1);
  CHECK(hex_byte('0', 'g') == -1);
}

TEST_CASE("bytes are written as hexadecimal digits and read back") {
  const std::array<std::uint8_t, 4> bytes{0x00, 0x7f, 0x80, 0xff};
  std::string text = "0x";
  append_hex(text, bytes);
  CHECK(text == "0x007f80ff");
  std::array<std::uint8_t, 4> read{};
  REQUIRE(read_hex("007F80fF", read));
  CHECK(read == bytes);
}

TEST_CASE("digits of another number or kind are refused") {
  std::array<std::uint8_t, 2> out{};
  CHECK_FALSE(read_hex("", out));
  CHECK_FALSE(read_hex("001", out));
  CHECK_FALSE(read_hex("00112", out));
  CHECK_FALSE(read_hex("00 1", out));
  CHECK_FALSE(read_hex("001g", out));
}
