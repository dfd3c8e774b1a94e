#include "contract/plain_scalar.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace pgw::contract {
namespace {

/// [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+
std::optional<std::int64_t> integer_of(std::string_view text) {
  std::string_view digits = text;
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (base != 10) digits.remove_prefix(2);
  if (base == 10 && digits.starts_with('+')) digits.remove_prefix(1);
  const bool may_have_minus = base == 10 && !text.starts_with('+');
  if (digits.starts_with('-') && !may_have_minus) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_like_float(std::string_view rest) {
  const auto skip_sign = [&rest] {
    if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  };
  const auto skip_digits = [&rest] {
    std::size_t count = 0;
    while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
    rest.remove_prefix(count);
    return count;
  };
  skip_sign();
  std::size_t digits = skip_digits();
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    digits += skip_digits();
  }
  if (digits == 0) return false;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    skip_sign();
    if (skip_digits() == 0) return false;
  }
  return rest.empty();
}

}  // namespace

nlohmann::json plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (const auto integer = integer_of(text)) return *integer;
  if (looks_like_float(text)) {
    const double number = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isfinite(number)) return number;
  }
  return text;
}

}  // namespace pgw::contract
