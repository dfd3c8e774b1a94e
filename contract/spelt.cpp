#include "contract/spelt.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace pgw::contract {
namespace {

/// -?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?
struct NumberShape {
  bool is_number = false;
  bool is_integer = false;
};

NumberShape shape_of(std::string_view text) {
  const auto skip_digits = [&text] {
    const auto end = std::ranges::find_if_not(text, base::is_digit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool begins_with_0 = text.starts_with('0');
  const auto digits = skip_digits();
  if (digits == 0 || (begins_with_0 && digits > 1)) return {};
  if (text.empty()) return {true, true};
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (skip_digits() == 0) return {};
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (skip_digits() == 0) return {};
  }
  return {text.empty(), false};
}

template <typename Value>
std::optional<JsonValue> parsed(std::string_view text) {
  Value value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(JsonValue(value)) : std::nullopt;
}

}  // namespace

JsonValue read_spelt(std::string_view text, TypeSet types) {
  const bool may_be_number = types.contains(JsonType::number);
  if (may_be_number || types.contains(JsonType::integer)) {
    const auto shape = shape_of(text);
    if (shape.is_integer) {
      if (const auto value = parsed<std::int64_t>(text)) return *value;
      if (const auto value = parsed<std::uint64_t>(text)) return *value;
    }
    const bool is_of_type = shape.is_number && (may_be_number || shape.is_integer);
    const auto value = is_of_type ? parsed<double>(text) : std::nullopt;
    if (value && std::isfinite(value->number())) return *value;
  }
  if (types.contains(JsonType::boolean) && (text == "true" || text == "false")) return JsonValue(text == "true");
  return JsonValue(text);
}

}  // namespace pgw::contract
