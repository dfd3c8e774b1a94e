#include "gateway/log/json_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/hex.h"
#include "base/utf8.h"

namespace pgw::log {
namespace {

constexpr std::array<bool, 256> make_plain_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}
constexpr std::array<bool, 256> plain = make_plain_table();

bool is_plain(char c) {
  return plain[static_cast<std::uint8_t>(c)];
}

/// The same of eight bytes, in a third of the instructions: the classic tests of a word for "a byte below n" and "a
/// byte equal to n".
bool are_plain(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto below = [](std::uint64_t text, std::uint64_t n) { return (text - ones * n) & ~text; };
  const auto equals = [&](std::uint64_t c) { return below(word ^ (ones * c), 1); };
  return ((word | below(word, 0x20) | equals(0x7f) | equals('"') | equals('\\')) & tops) == 0;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += base::lower_hex_digits[static_cast<std::uint8_t>(c) >> 4];
      out += base::lower_hex_digits[static_cast<std::uint8_t>(c) & 0xf];
  }
}

}  // namespace

bool is_plain_json(std::string_view text) {
  while (text.size() >= sizeof(std::uint64_t)) {
    if (!are_plain(text.data())) return false;
    text.remove_prefix(sizeof(std::uint64_t));
  }
  return std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c); });
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto length = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    out.append(text.substr(0, length));
    text.remove_prefix(length);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escaped(out, text[0]);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t character = base::utf8_sequence(text);
    out.append(character == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, character));
    text.remove_prefix(std::max<std::size_t>(character, 1));
  }
  out += '"';
}

}  // namespace pgw::log
