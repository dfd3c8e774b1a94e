// What schemas say of texts and numbers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "contract/validator.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

bool contains(const json& allowed, const JsonValue& value) {
  if (value.is_string()) {
    return std::ranges::any_of(
        allowed, [&](const json& one) { return one.is_string() && one.get_ref<const std::string&>() == value.text(); });
  }
  return std::ranges::find(allowed, value.to_json()) != allowed.end();
}

/// Less than 0, 0, or more than 0, as `number` is below the limit, at it or above it. Not-a-number, which Python reads
/// from a query's "nan", is neither: nullopt.
std::optional<int> compare(const Number& number, const Number& limit) {
  if (number.whole && limit.whole) return (*number.whole > *limit.whole) - (*number.whole < *limit.whole);
  if (std::isnan(number.value)) return std::nullopt;
  return (number.value > limit.value) - (number.value < limit.value);
}

bool is_multiple(const Number& number, const Number& divisor) {
  if (number.whole && divisor.whole && *divisor.whole > 0) return *number.whole % *divisor.whole == 0;
  if (std::isinf(number.value)) return false;
  const double quotient = number.value / divisor.value;
  // What is too large for fractions to show is not held against it.
  if (std::isinf(quotient)) return true;
  // pydantic's tolerance, and what the division itself may be off by.
  const double tolerance = 1e-8 + 4 * std::numeric_limits<double>::epsilon() * std::abs(quotient);
  return std::abs(quotient - std::round(quotient)) <= tolerance;
}

}  // namespace

/// Of what is wrong with a plain value the first is told, as pydantic does.
bool Validator::check_scalar(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  return check_text(schema, value, trail) && check_number(schema, value, trail);
}

bool Validator::check_enumeration(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (is_permitted(schema, value)) return true;
  return complain(trail, [&]() -> Complaint {
    const json& allowed = *schema.enumeration;
    if (schema.is_literal && (value.is_array() || value.is_object())) {  // Python looks a Literal up in a dict
      return {std::string("unhashable type: '") + (value.is_array() ? "list" : "dict") + "'", "type_error"};
    }
    if (schema.is_literal) {
      return {"unexpected value; permitted: " + joined(allowed),
              "value_error.const",
              {{"given", value.to_json()}, {"permitted", allowed}}};
    }
    return {"value is not a valid enumeration member; permitted: " + joined(allowed),
            "type_error.enum",
            {{"enum_values", allowed}}};
  });
}

bool Validator::is_permitted(const SchemaNode& schema, const JsonValue& value) const {
  const json& allowed = *schema.enumeration;
  if (contains(allowed, value)) return true;
  // A query's "1" is compared with the number 1 as the type says.
  if (schema.type == JsonType::integer || schema.type == JsonType::number) {
    const auto number = number_of(value, reading_.coerce);
    return number && std::ranges::any_of(allowed, [&](const json& one) {
             return one.is_number() && one.get<double>() == number->value;
           });
  }
  const auto truth = schema.type == JsonType::boolean ? boolean_of(value) : std::nullopt;
  return truth && std::ranges::find(allowed, json(*truth)) != allowed.end();
}

bool Validator::check_text(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  const bool has_length = schema.min_length || schema.max_length;
  if (!has_length && schema.pattern == nullptr && !schema.format) return true;
  if (schema.type && schema.type != JsonType::string) return true;  // a text that stands for a number, say
  const auto check_all = [&](std::string_view text, bool with_format) {
    return (!has_length || check_length(schema, text, trail)) && check_pattern(schema, text, trail) &&
           (!with_format || check_format(schema, text, trail));
  };
  if (value.is_string()) return check_all(value.text(), true);
  // What was coerced to a text is checked as that text; the formats of times and addresses take numbers as they are.
  if (schema.type != JsonType::string) return true;
  return check_all(text_of(value),
                   schema.format == Format::uuid || schema.format == Format::email || schema.format == Format::uri);
}

bool Validator::check_length(const SchemaNode& schema, std::string_view text, const Trail* trail) {
  const std::size_t length = code_points(text);
  const auto complain_of = [&](const char* words, const char* type, std::size_t limit) {
    return complain(trail, [&]() -> Complaint {
      return {std::string("ensure this value has ") + words + " " + std::to_string(limit) + " characters",
              std::string("value_error.any_str.") + type,
              {{"limit_value", limit}}};
    });
  };
  if (schema.min_length && length < *schema.min_length) {
    return complain_of("at least", "min_length", *schema.min_length);
  }
  if (schema.max_length && length > *schema.max_length) {
    return complain_of("at most", "max_length", *schema.max_length);
  }
  return true;
}

bool Validator::check_pattern(const SchemaNode& schema, std::string_view text, const Trail* trail) {
  if (schema.pattern == nullptr) return true;
  if (re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), schema.pattern->expression)) return true;
  return complain(trail, [&]() -> Complaint {
    const std::string& source = schema.pattern->source;
    return {"string does not match regex \"" + source + "\"", "value_error.str.regex", {{"pattern", source}}};
  });
}

bool Validator::check_format(const SchemaNode& schema, std::string_view text, const Trail* trail) {
  if (!schema.format || matches(*schema.format, text)) return true;
  return complain(trail, [&]() -> Complaint {
    const auto error = error_of(*schema.format);
    return {std::string(error.msg), std::string(error.type)};
  });
}

bool Validator::check_number(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (!schema.minimum && !schema.maximum && !schema.multiple_of) return true;
  std::optional<Number> number;
  if (schema.type == JsonType::integer) {
    number = integer_of(value, reading_.coerce);
  } else if (schema.type == JsonType::number || (!schema.type && value.is_number())) {
    number = number_of(value, reading_.coerce);
  }
  if (!number) return true;
  return (!schema.minimum || check_minimum(*schema.minimum, *number, trail)) &&
         (!schema.maximum || check_maximum(*schema.maximum, *number, trail)) &&
         (!schema.multiple_of || check_multiple(*schema.multiple_of, *number, trail));
}

bool Validator::complain_of_bound(const char* words, const char* type, const Bound& bound, const Trail* trail) {
  return complain(trail, [&]() -> Complaint {
    return {std::string("ensure this value is ") + words + " " + bound.limit.dump(),
            std::string("value_error.number.") + type,
            {{"limit_value", bound.limit}}};
  });
}

bool Validator::check_minimum(const Bound& low, const Number& number, const Trail* trail) {
  const auto order = compare(number, low.value);
  if (low.exclusive) return (order && *order > 0) || complain_of_bound("greater than", "not_gt", low, trail);
  return (order && *order >= 0) || complain_of_bound("greater than or equal to", "not_ge", low, trail);
}

bool Validator::check_maximum(const Bound& high, const Number& number, const Trail* trail) {
  const auto order = compare(number, high.value);
  if (high.exclusive) return (order && *order < 0) || complain_of_bound("less than", "not_lt", high, trail);
  return (order && *order <= 0) || complain_of_bound("less than or equal to", "not_le", high, trail);
}

bool Validator::check_multiple(const Number& divisor, const Number& number, const Trail* trail) {
  if (is_multiple(number, divisor)) return true;
  return complain(trail, [&]() -> Complaint {
    const json step = divisor.whole ? json(*divisor.whole) : json(divisor.value);
    return {"ensure this value is a multiple of " + step.dump(),
            "value_error.number.not_multiple",
            {{"multiple_of", step}}};
  });
}

}  // namespace pgw::contract
