#include "sandbox/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <clocale>
#include <cwchar>
#include <cwctype>
#include <limits>

#include "base/percent.h"
#include "base/text.h"
#include "base/utf8.h"

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

/// The code point of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead;
  auto point = static_cast<char32_t>(lead & (0x7FU >> sequence.size()));
  for (const char byte : sequence.substr(1)) point = (point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return point;
}

constexpr std::string_view spaces = " \t\r\n\f\v";

}  // namespace

std::string fold_case(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const std::size_t length = base::utf8_sequence(utf8);
    if (length > 0) {
      const char32_t point = code_point(utf8.substr(0, length));
      base::append_utf8(out, static_cast<char32_t>(towlower_l(static_cast<wint_t>(point), unicode_locale())));
    } else {
      out.push_back(utf8.front());
    }
    utf8.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (base::form_decoded(pair.substr(0, equals)) != name) continue;
    found = equals == std::string_view::npos ? "" : base::form_decoded(pair.substr(equals + 1));
  }
  return found;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = base::trim(text, spaces);
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
  text = base::trim(text, spaces);
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
