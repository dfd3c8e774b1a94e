// What schemas say of texts and numbers.
#include <algorithm>
#include <cmath>

#include "contract/multiple.h"
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
  // What isn't a whole number of 64 bits lies beyond all of them, or between two.
  constexpr double beyond = 9223372036854775808.0;  // 2^63
  if (limit.whole && !number.whole && number.value >= beyond) return 1;
  if (number.whole && !limit.whole && limit.value >= beyond) return -1;
  return (number.value > limit.value) - (number.value < limit.value);
}

}  // namespace

/// Of what is wrong with a plain value the first is told, as pydantic does.
Fit Validator::check_scalar(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  const Fit fit = check_text(schema, value, trail);
  return fit == Fit::no ? fit : both(fit, check_number(schema, value, trail));
}

Fit Validator::check_enumeration(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (is_permitted(schema, value)) return Fit::yes;
  return complain(trail, [&]() -> Complaint {
    const json& allowed = *schema.enumeration;
    if (is_pydantic_ && schema.is_literal &&
        (value.is_array() || value.is_object())) {  // Python looks a Literal up in a dict
      return {std::string("unhashable type: '") + (value.is_array() ? "list" : "dict") + "'", "type_error"};
    }
    if (schema.is_literal) {
      return {"unexpected value; permitted: " + in_words(allowed),
              "value_error.const",
              {{"given", value.to_json()}, {"permitted", allowed}}};
    }
    return {"value is not a valid enumeration member; permitted: " + in_words(allowed),
            "type_error.enum",
            {{"enum_values", allowed}}};
  });
}

bool Validator::is_permitted(const SchemaNode& schema, const JsonValue& value) const {
  const json& allowed = *schema.enumeration;
  if (contains(allowed, value)) return true;
  if (!coerces_) return false;
  // A query's "1" is compared with the number 1 as the type says.
  const auto type = schema.type();
  if (type == JsonType::integer || type == JsonType::number) {
    const auto number = number_of(value, true);
    return number && std::ranges::any_of(allowed, [&](const json& one) {
             return one.is_number() && one.get<double>() == number->value;
           });
  }
  const auto truth = type == JsonType::boolean ? boolean_of(value) : std::nullopt;
  return truth && std::ranges::find(allowed, json(*truth)) != allowed.end();
}

/// Values as they stand in a message: in JSON's words, or in Python's where pydantic would say them.
std::string Validator::in_words(const json& values) const {
  if (is_pydantic_) return joined(values);
  std::string text;
  for (const auto& value : values) {
    text += text.empty() ? "" : ", ";
    text += value.is_string() ? python_text(value) : value.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return text;
}

Fit Validator::check_text(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  const bool has_length = schema.min_length || schema.max_length;
  if (!has_length && schema.pattern == nullptr && !schema.format) return Fit::yes;
  const auto check_all = [&](std::string_view text, bool with_format) {
    Fit fit = has_length ? check_length(schema, text, trail) : Fit::yes;
    if (fit != Fit::no) fit = check_pattern(schema, text, trail);
    return fit == Fit::no || !with_format ? fit : both(fit, check_format(schema, text, trail));
  };
  const bool is_for_texts = schema.types.is_empty() || schema.types.contains(JsonType::string);
  if (!is_for_texts) return Fit::yes;  // a text that stands for a number, say
  if (value.is_string()) return check_all(value.text(), true);
  // What was coerced to a text is checked as that text; the formats of times and addresses take numbers as they are.
  if (!coerces_ || schema.type() != JsonType::string) return Fit::yes;
  return check_all(text_of(value),
                   schema.format == Format::uuid || schema.format == Format::email || schema.format == Format::uri);
}

Fit Validator::check_length(const SchemaNode& schema, std::string_view text, const Trail* trail) {
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
  return Fit::yes;
}

Fit Validator::check_pattern(const SchemaNode& schema, std::string_view text, const Trail* trail) {
  if (schema.pattern == nullptr) return Fit::yes;
  const Fit fit = occurs(schema.pattern.get(), text, trail);
  if (fit != Fit::no) return fit;
  return complain(trail, [&]() -> Complaint {
    const std::string& source = schema.pattern->source();
    return {"string does not match regex \"" + source + "\"", "value_error.str.regex", {{"pattern", source}}};
  });
}

Fit Validator::check_format(const SchemaNode& schema, std::string_view text, const Trail* trail) {
  const auto rules = coerces_ ? FormatRules::of_pydantic : FormatRules::of_rfc;
  if (!schema.format || matches(*schema.format, text, rules)) return Fit::yes;
  return complain(trail, [&]() -> Complaint {
    const auto error = error_of(*schema.format, rules);
    return {std::string(error.msg), std::string(error.type)};
  });
}

Fit Validator::check_number(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (schema.numbers == nullptr) return Fit::yes;
  const auto type = schema.type();
  std::optional<Number> number;
  if (type == JsonType::integer) {
    number = integer_of(value, coerces_);
  } else if (type == JsonType::number || value.is_number()) {
    number = number_of(value, coerces_);
  }
  if (!number) return Fit::yes;
  const auto& [minimum, maximum, multiple_of] = *schema.numbers;
  Fit fit = minimum ? check_minimum(*minimum, *number, trail) : Fit::yes;
  if (fit != Fit::no && maximum) fit = check_maximum(*maximum, *number, trail);
  if (fit != Fit::no && multiple_of) fit = check_multiple(*multiple_of, *number, trail);
  return fit;
}

Fit Validator::complain_of_bound(const char* words, const char* type, const Bound& bound, const Trail* trail) {
  return complain(trail, [&]() -> Complaint {
    return {std::string("ensure this value is ") + words + " " + bound.limit.dump(),
            std::string("value_error.number.") + type,
            {{"limit_value", bound.limit}}};
  });
}

Fit Validator::check_minimum(const Bound& low, const Number& number, const Trail* trail) {
  const auto order = compare(number, low.value);
  if (order && (*order > 0 || (*order == 0 && !low.exclusive))) return Fit::yes;
  return low.exclusive ? complain_of_bound("greater than", "not_gt", low, trail)
                       : complain_of_bound("greater than or equal to", "not_ge", low, trail);
}

Fit Validator::check_maximum(const Bound& high, const Number& number, const Trail* trail) {
  const auto order = compare(number, high.value);
  if (order && (*order < 0 || (*order == 0 && !high.exclusive))) return Fit::yes;
  return high.exclusive ? complain_of_bound("less than", "not_lt", high, trail)
                        : complain_of_bound("less than or equal to", "not_le", high, trail);
}

Fit Validator::check_multiple(const Number& divisor, const Number& number, const Trail* trail) {
  if (is_multiple(number, divisor) || (coerces_ && is_nearly_multiple(number, divisor))) return Fit::yes;
  return complain(trail, [&]() -> Complaint {
    const json step = divisor.whole ? json(*divisor.whole) : json(divisor.value);
    return {"ensure this value is a multiple of " + step.dump(),
            "value_error.number.not_multiple",
            {{"multiple_of", step}}};
  });
}

}  // namespace pgw::contract
