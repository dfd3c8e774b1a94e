#include "contract/multiple.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pgw::contract {
namespace {

__extension__ using Wide = unsigned __int128;

/// digits * 10^exponent
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

/// A number's shortest digits, which are those that a document or a body holds as long as they are at most 15; the sign
/// says nothing of multiples.
Decimal decimal_of(const Number& number) {
  if (number.whole) {
    const auto magnitude = static_cast<std::uint64_t>(*number.whole);
    return {*number.whole < 0 ? 0 - magnitude : magnitude, 0};
  }
  std::array<char, 32> text{};
  const auto* const end =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(number.value), std::chars_format::scientific).ptr;
  const std::string_view written(text.data(), static_cast<std::size_t>(end - text.data()));
  Decimal decimal;
  const auto mark = written.find('e');
  for (const char c : written.substr(0, mark)) {
    if (c != '.') decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(c - '0');
  }
  const auto point = written.find('.');
  const auto fraction = point < mark ? mark - point - 1 : 0;
  const bool is_positive = written[mark + 1] == '+';
  std::from_chars(written.data() + mark + (is_positive ? 2 : 1), end, decimal.exponent);
  decimal.exponent -= static_cast<int>(fraction);
  return decimal;
}

/// 10^exponent modulo `modulus`.
std::uint64_t power_of_ten(int exponent, std::uint64_t modulus) {
  Wide power = 1 % modulus;
  for (; exponent > 0; --exponent) power = power * 10 % modulus;
  return static_cast<std::uint64_t>(power);
}

}  // namespace

bool is_multiple(const Number& number, const Number& divisor) {
  if (!std::isfinite(number.value)) return false;
  const Decimal dividend = decimal_of(number);
  const Decimal step = decimal_of(divisor);
  if (dividend.digits == 0) return true;
  const int shift = dividend.exponent - step.exponent;
  if (shift >= 0) {
    return static_cast<Wide>(dividend.digits % step.digits) * power_of_ten(shift, step.digits) % step.digits == 0;
  }
  constexpr int most_digits = 19;  // of 64 bits: a larger step is larger than the dividend
  if (-shift > most_digits) return false;
  Wide whole_step = step.digits;
  for (int i = 0; i < -shift; ++i) whole_step *= 10;
  return dividend.digits % whole_step == 0;
}

bool is_nearly_multiple(const Number& number, const Number& divisor) {
  if ((number.whole && divisor.whole) || !std::isfinite(number.value)) return is_multiple(number, divisor);
  const double quotient = number.value / divisor.value;
  if (!std::isfinite(quotient)) return false;
  // pydantic's tolerance, and what the division itself may be off by.
  const double tolerance = 1e-8 + 4 * std::numeric_limits<double>::epsilon() * std::abs(quotient);
  return std::abs(quotient - std::round(quotient)) <= tolerance;
}

}  // namespace pgw::contract
