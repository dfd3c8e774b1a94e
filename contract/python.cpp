#include "contract/python.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace pgw::contract {
namespace {

using nlohmann::json;

std::string_view strip(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// "1_000" without them; "" where one is not between digits.
std::string without_underscores(std::string_view text) {
  const auto is_digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) {
      return {};
    }
  }
  return out;
}

Number number_of_digits(const std::string& digits) {
  std::int64_t whole = 0;
  const char* const end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, whole).ec == std::errc{}) return {static_cast<double>(whole), whole};
  return {std::strtod(digits.c_str(), nullptr)};
}

std::string quoted(const std::string& text) {
  const bool has_single = text.find('\'') != std::string::npos;
  const char quote = has_single && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + quote;
}

Number exact_number(const JsonValue& value) {
  if (value.kind() == JsonValue::Kind::integer) return {value.number(), value.integer()};
  const double number = value.number();
  constexpr double beyond = 9223372036854775808.0;  // 2^63
  const bool is_whole = std::trunc(number) == number && number >= -beyond && number < beyond;
  return {number, is_whole ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt};
}

}  // namespace

std::optional<Number> python_int(std::string_view text) {
  text = strip(text);
  std::string digits;
  if (text.starts_with('-')) digits = '-';
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' ? !after_digit : (c < '0' || c > '9')) return std::nullopt;
    after_digit = c != '_';
    if (after_digit) digits += c;
  }
  return after_digit ? std::optional(number_of_digits(digits)) : std::nullopt;
}

std::optional<Number> python_float(std::string_view text) {
  const std::string stripped = without_underscores(strip(text));
  if (stripped.empty() || stripped.find_first_of("xXpP(") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(stripped.c_str(), &end);
  return end == stripped.c_str() + stripped.size() ? std::optional(exact_number(JsonValue(value))) : std::nullopt;
}

std::optional<Number> integer_of(const JsonValue& value, bool coerce) {
  if (value.is_integer()) return exact_number(value);
  if (value.is_number()) {
    const Number whole = exact_number(JsonValue(std::trunc(value.number())));
    return coerce || whole.value == value.number() ? std::optional(whole) : std::nullopt;
  }
  if (!coerce) return std::nullopt;
  if (value.is_boolean()) return Number{value.boolean() ? 1.0 : 0.0, value.boolean() ? 1 : 0};
  return value.is_string() ? python_int(value.text()) : std::nullopt;
}

std::optional<Number> number_of(const JsonValue& value, bool coerce) {
  if (value.is_number()) return exact_number(value);
  if (!coerce) return std::nullopt;
  if (value.is_boolean()) return Number{value.boolean() ? 1.0 : 0.0, value.boolean() ? 1 : 0};
  return value.is_string() ? python_float(value.text()) : std::nullopt;
}

std::optional<bool> boolean_of(const JsonValue& value) {
  static constexpr std::array<std::string_view, 6> no{"0", "off", "f", "false", "n", "no"};
  static constexpr std::array<std::string_view, 6> yes{"1", "on", "t", "true", "y", "yes"};
  if (value.is_boolean()) return value.boolean();
  if (value.is_number()) {
    const double number = value.number();
    return number == 0 || number == 1 ? std::optional(number == 1) : std::nullopt;
  }
  if (!value.is_string() || value.text().size() > 5) return std::nullopt;
  std::string word(value.text());
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(no, word) != no.end()) return false;
  return std::ranges::find(yes, word) == yes.end() ? std::nullopt : std::optional(true);
}

std::string text_of(const JsonValue& scalar) {
  if (scalar.is_string()) return std::string(scalar.text());
  if (scalar.is_boolean()) return scalar.boolean() ? "True" : "False";
  return scalar.to_json().dump();
}

std::string python_text(const json& value) {
  if (value.is_string()) return quoted(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_null()) return "None";
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string joined(const json& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + python_text(value);
  return text;
}

}  // namespace pgw::contract
