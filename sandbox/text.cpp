#include "sandbox/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <clocale>
#include <cwchar>
#include <cwctype>
#include <limits>

namespace pgw::sandbox {

namespace {

/// Debian's libc has C.UTF-8 built in; where it is missing, the plain C locale folds ASCII.
locale_t unicode_locale() {
  static const locale_t locale = [] {
    const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return unicode != nullptr ? unicode : newlocale(LC_CTYPE_MASK, "C", nullptr);
  }();
  return locale;
}

/// The length of the UTF-8 sequence that `lead` begins, or 0 if it begins none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

/// The code point at the start of `text`, or nullopt if the sequence is cut or broken.
std::optional<char32_t> decode_sequence(std::string_view text, std::size_t length) {
  if (length == 0 || text.size() < length) return std::nullopt;
  const auto lead = static_cast<unsigned char>(text.front());
  if (length == 1) return lead;
  auto point = static_cast<char32_t>(lead & (0x7FU >> length));
  for (const char byte : text.substr(1, length - 1)) {
    const auto value = static_cast<unsigned char>(byte);
    if ((value & 0xC0U) != 0x80U) return std::nullopt;
    point = (point << 6U) | (value & 0x3FU);
  }
  return point;
}

void append_utf8(std::string& out, char32_t point) {
  const auto byte = [&out](char32_t value) { out.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | (point >> 6U));
    byte(0x80 | (point & 0x3FU));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12U));
    byte(0x80 | ((point >> 6U) & 0x3FU));
    byte(0x80 | (point & 0x3FU));
  } else {
    byte(0xF0 | (point >> 18U));
    byte(0x80 | ((point >> 12U) & 0x3FU));
    byte(0x80 | ((point >> 6U) & 0x3FU));
    byte(0x80 | (point & 0x3FU));
  }
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace

std::string fold_case(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const std::size_t length = sequence_length(static_cast<unsigned char>(utf8.front()));
    if (const auto point = decode_sequence(utf8, length)) {
      append_utf8(out, static_cast<char32_t>(towlower_l(static_cast<wint_t>(*point), unicode_locale())));
      utf8.remove_prefix(length);
    } else {
      out.push_back(utf8.front());
      utf8.remove_prefix(1);
    }
  }
  return out;
}

std::string decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (decode_form(pair.substr(0, equals)) != name) continue;
    found = equals == std::string_view::npos ? "" : decode_form(pair.substr(equals + 1));
  }
  return found;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between_digits = i > 0 && i + 1 < text.size() && text[i - 1] != '_';
    if (text[i] == '_' && between_digits) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    digits.push_back(text[i]);
  }
  if (digits.empty()) return std::nullopt;
  if (negative) digits.insert(digits.begin(), '-');
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec != std::errc::result_out_of_range) return value;
  return negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

std::optional<bool> parse_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 6> yes{"true", "t", "yes", "y", "on", "1"};
  constexpr std::array<std::string_view, 6> no{"false", "f", "no", "n", "off", "0"};
  const std::string folded = fold_case(text);
  if (std::find(yes.begin(), yes.end(), folded) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), folded) != no.end()) return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_milliseconds(std::string_view text) {
  text = trimmed(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::int64_t longest = 3'600'000;
  if (unit == "ms" && number <= longest) return number;
  if (unit == "s" && number <= longest / 1000) return number * 1000;
  return std::nullopt;
}

}  // namespace pgw::sandbox
