// A JSON value against a compiled schema, in the words of pydantic v1.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "contract/edit_distance.h"
#include "contract/schema_node.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

std::string_view strip(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Python's int(text): blanks around, a sign, underscores between digits. Of any size; `value` saturates.
bool parse_python_int(std::string_view text, double& value) {
  text = strip(text);
  if (text.starts_with('+') || text.starts_with('-')) {
    if (text.size() == 1 || text[1] == '+' || text[1] == '-') return false;
  }
  std::string digits;
  bool underscore_allowed = false;
  for (const char c : text) {
    if (c == '_') {
      if (!underscore_allowed) return false;
      underscore_allowed = false;
      continue;
    }
    const bool is_sign = (c == '-' || c == '+') && digits.empty();
    if (!is_sign && (c < '0' || c > '9')) return false;
    underscore_allowed = !is_sign;
    if (c != '+') digits += c;
  }
  if (!underscore_allowed) return false;
  value = std::strtod(digits.c_str(), nullptr);
  return true;
}

bool parse_python_float(std::string_view text, double& value) {
  const std::string stripped(strip(text));
  if (stripped.empty() || stripped.find_first_of("xXpP(") != std::string::npos) return false;
  char* end = nullptr;
  value = std::strtod(stripped.c_str(), &end);
  return end == stripped.c_str() + stripped.size();
}

/// The words that pydantic v1 takes for a boolean.
bool is_boolean_word(std::string_view text) {
  static constexpr std::array<std::string_view, 12> words{"0", "off", "f", "false", "n", "no",
                                                          "1", "on",  "t", "true",  "y", "yes"};
  if (text.size() > 5) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::ranges::find(words, lower) != words.end();
}

bool is_zero_or_one(const json& value) { return value.is_number() && (value == 0 || value == 1); }

/// As Python prints it in a message: 'text', 1, True.
std::string python_text(const json& value) {
  if (value.is_string()) return "'" + value.get<std::string>() + "'";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_null()) return "None";
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string joined(const json& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + python_text(value);
  return text;
}

json number_json(double value) {
  const bool is_whole = std::floor(value) == value && std::abs(value) < 9e15;
  return is_whole ? json(static_cast<std::int64_t>(value)) : json(value);
}

class Validator {
 public:
  Validator(const std::vector<LocPart>& prefix, const Reading& reading, std::vector<Violation>& out)
      : prefix_(prefix), reading_(reading), out_(out) {}

  void check(const SchemaNode& unresolved, const json& value, const Trail* trail) {
    const SchemaNode& schema = unresolved.resolved();
    if (value.is_null() && schema.nullable) return;
    if (!check_type(schema, value, trail)) return;
    check_enumeration(schema, value, trail);
    check_text(schema, value, trail);
    check_number(schema, value, trail);
    if (value.is_array()) check_array(schema, value, trail);
    if (value.is_object()) check_object(schema, value, trail);
    check_combinators(schema, value, trail);
  }

 private:
  void report(const Trail* trail, std::string msg, std::string type, json ctx = nullptr) {
    if (out_.size() >= most_violations) return;
    Violation violation{prefix_, std::move(msg), std::move(type), std::move(ctx)};
    const auto at = static_cast<std::ptrdiff_t>(violation.loc.size());
    for (; trail != nullptr; trail = trail->parent) {
      LocPart part = trail->index >= 0 ? LocPart(trail->index) : LocPart(std::string(trail->name));
      violation.loc.insert(violation.loc.begin() + at, std::move(part));
    }
    out_.push_back(std::move(violation));
  }

  bool check_type(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (!schema.type) return true;
    if (value.is_null()) {
      report(trail, "none is not an allowed value", "type_error.none.not_allowed");
      return false;
    }
    double ignored = 0;
    switch (*schema.type) {
      case JsonType::string:
        if (value.is_string() || (reading_.coerce && (value.is_number() || value.is_boolean()))) return true;
        report(trail, "str type expected", "type_error.str");
        return false;
      case JsonType::integer:
        if (as_integer(value, ignored)) return true;
        report(trail, "value is not a valid integer", "type_error.integer");
        return false;
      case JsonType::number:
        if (as_number(value, ignored)) return true;
        report(trail, "value is not a valid float", "type_error.float");
        return false;
      case JsonType::boolean:
        if (value.is_boolean()) return true;
        if (reading_.coerce && value.is_string() && is_boolean_word(value.get_ref<const std::string&>())) return true;
        if (reading_.coerce && is_zero_or_one(value)) return true;
        report(trail, "value could not be parsed to a boolean", "type_error.bool");
        return false;
      case JsonType::array:
        if (value.is_array()) return true;
        report(trail, "value is not a valid list", "type_error.list");
        return false;
      case JsonType::object:
        if (value.is_object()) return true;
        report(trail, "value is not a valid dict", "type_error.dict");
        return false;
    }
    return true;
  }

  bool as_integer(const json& value, double& number) const {
    if (value.is_number_integer()) {
      number = value.get<double>();
      return true;
    }
    if (value.is_number_float()) {
      number = value.get<double>();
      return reading_.coerce ? std::isfinite(number) : std::floor(number) == number;
    }
    if (!reading_.coerce) return false;
    if (value.is_boolean()) {
      number = value.get<bool>() ? 1 : 0;
      return true;
    }
    return value.is_string() && parse_python_int(value.get_ref<const std::string&>(), number);
  }

  bool as_number(const json& value, double& number) const {
    if (value.is_number()) {
      number = value.get<double>();
      return true;
    }
    if (!reading_.coerce) return false;
    if (value.is_boolean()) {
      number = value.get<bool>() ? 1 : 0;
      return true;
    }
    return value.is_string() && parse_python_float(value.get_ref<const std::string&>(), number);
  }

  void check_enumeration(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (!schema.enumeration) return;
    const json& allowed = *schema.enumeration;
    if (std::ranges::find(allowed, value) != allowed.end()) return;
    // A query's "1" is compared with the number 1 as the type says.
    double number = 0;
    const bool is_numeric = schema.type == JsonType::integer || schema.type == JsonType::number;
    if (is_numeric && as_number(value, number) &&
        std::ranges::any_of(allowed, [&](const json& one) { return one.is_number() && one.get<double>() == number; })) {
      return;
    }
    if (schema.is_literal) {
      report(trail, "unexpected value; permitted: " + joined(allowed), "value_error.const",
             {{"given", value}, {"permitted", allowed}});
    } else {
      report(trail, "value is not a valid enumeration member; permitted: " + joined(allowed), "type_error.enum",
             {{"enum_values", allowed}});
    }
  }

  void check_text(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (!value.is_string()) return;
    const auto& text = value.get_ref<const std::string&>();
    if (schema.min_length || schema.max_length) {
      const std::size_t length = code_points(text);
      if (schema.min_length && length < *schema.min_length) {
        report(trail, "ensure this value has at least " + std::to_string(*schema.min_length) + " characters",
               "value_error.any_str.min_length", {{"limit_value", *schema.min_length}});
      }
      if (schema.max_length && length > *schema.max_length) {
        report(trail, "ensure this value has at most " + std::to_string(*schema.max_length) + " characters",
               "value_error.any_str.max_length", {{"limit_value", *schema.max_length}});
      }
    }
    if (schema.pattern != nullptr && !re2::RE2::PartialMatch(text, *schema.pattern)) {
      report(trail, "string does not match regex \"" + schema.pattern->pattern() + "\"", "value_error.str.regex",
             {{"pattern", schema.pattern->pattern()}});
    }
    if (schema.format && schema.type == JsonType::string && !matches(*schema.format, text)) {
      const auto error = error_of(*schema.format);
      report(trail, std::string(error.msg), std::string(error.type));
    }
  }

  void check_number(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (!schema.minimum && !schema.maximum && !schema.multiple_of) return;
    const bool is_numeric = schema.type == JsonType::integer || schema.type == JsonType::number;
    double number = 0;
    if (!(is_numeric || value.is_number()) || !as_number(value, number)) return;
    const auto bound = [&](const char* words, const char* type, double limit) {
      report(trail, std::string("ensure this value is ") + words + " " + number_json(limit).dump(),
             std::string("value_error.number.") + type, {{"limit_value", number_json(limit)}});
    };
    if (const auto& low = schema.minimum) {
      if (low->exclusive && number <= low->value) bound("greater than", "not_gt", low->value);
      if (!low->exclusive && number < low->value) bound("greater than or equal to", "not_ge", low->value);
    }
    if (const auto& high = schema.maximum) {
      if (high->exclusive && number >= high->value) bound("less than", "not_lt", high->value);
      if (!high->exclusive && number > high->value) bound("less than or equal to", "not_le", high->value);
    }
    if (schema.multiple_of) {
      const double quotient = number / *schema.multiple_of;
      if (std::abs(quotient - std::round(quotient)) > 1e-9 * std::max(1.0, std::abs(quotient))) {
        report(trail, "ensure this value is a multiple of " + number_json(*schema.multiple_of).dump(),
               "value_error.number.not_multiple", {{"multiple_of", number_json(*schema.multiple_of)}});
      }
    }
  }

  void check_array(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (schema.min_items && value.size() < *schema.min_items) {
      report(trail, "ensure this value has at least " + std::to_string(*schema.min_items) + " items",
             "value_error.list.min_items", {{"limit_value", *schema.min_items}});
    }
    if (schema.max_items && value.size() > *schema.max_items) {
      report(trail, "ensure this value has at most " + std::to_string(*schema.max_items) + " items",
             "value_error.list.max_items", {{"limit_value", *schema.max_items}});
    }
    if (schema.unique_items && has_duplicates(value)) {
      report(trail, "the list has duplicated items", "value_error.list.unique_items");
    }
    if (schema.items == nullptr) return;
    std::int64_t index = 0;
    for (const auto& item : value) {
      const Trail here{trail, {}, index++};
      check(*schema.items, item, &here);
    }
  }

  static bool has_duplicates(const json& array) {
    std::vector<const json*> sorted;
    for (const auto& item : array) sorted.push_back(&item);
    std::ranges::sort(sorted, [](const json* a, const json* b) { return *a < *b; });
    return std::ranges::adjacent_find(sorted, [](const json* a, const json* b) { return *a == *b; }) != sorted.end();
  }

  void check_object(const SchemaNode& schema, const json& value, const Trail* trail) {
    for (const auto& property : schema.properties) check_property(schema, property, value, trail);
    const bool anything_goes = schema.additional_allowed && schema.additional == nullptr;
    if (!anything_goes) check_additional(schema, value, trail);
    if (schema.min_properties && value.size() < *schema.min_properties) {
      report(trail, "ensure this value has at least " + std::to_string(*schema.min_properties) + " properties",
             "value_error.dict.min_properties", {{"limit_value", *schema.min_properties}});
    }
    if (schema.max_properties && value.size() > *schema.max_properties) {
      report(trail, "ensure this value has at most " + std::to_string(*schema.max_properties) + " properties",
             "value_error.dict.max_properties", {{"limit_value", *schema.max_properties}});
    }
  }

  void check_property(const SchemaNode& schema, const SchemaNode::Property& property, const json& object,
                      const Trail* trail) {
    const Trail here{trail, property.name};
    const auto found = object.find(property.name);
    if (found == object.end()) {
      if (is_required(property)) report(&here, missing_message(schema, property.name, object), "value_error.missing");
      return;
    }
    // The generator of the document drops `nullable` from optional properties, so null stands for their absence.
    if (found->is_null() && !property.required) return;
    if (property.schema != nullptr) check(*property.schema, *found, &here);
  }

  bool is_required(const SchemaNode::Property& property) const {
    const bool other_way = reading_.direction == Direction::request ? property.read_only : property.write_only;
    return property.required && !other_way;
  }

  static std::string missing_message(const SchemaNode& schema, const std::string& name, const json& object) {
    for (const auto& [given, value] : object.items()) {
      if (schema.find_property(given) == nullptr && is_likely_slip(given, name)) {
        return "field required (did you mean '" + name + "' instead of '" + given + "'?)";
      }
    }
    return "field required";
  }

  void check_additional(const SchemaNode& schema, const json& value, const Trail* trail) {
    for (const auto& [name, member] : value.items()) {
      if (schema.find_property(name) != nullptr) continue;
      const Trail here{trail, name};
      if (schema.additional != nullptr) {
        check(*schema.additional, member, &here);
      } else {
        report(&here, "extra fields not permitted", "value_error.extra");
      }
    }
  }

  void check_combinators(const SchemaNode& schema, const json& value, const Trail* trail) {
    for (const auto* branch : schema.all_of) check(*branch, value, trail);
    if (schema.discriminator && value.is_object()) {
      check_discriminated(*schema.discriminator, value, trail);
    } else {
      if (!schema.any_of.empty()) check_any(schema.any_of, value, trail);
      if (!schema.one_of.empty()) check_one(schema.one_of, value, trail);
    }
    if (schema.negated != nullptr && fits(*schema.negated, value, reading_)) {
      report(trail, "value is not permitted", "value_error.not");
    }
  }

  void check_discriminated(const SchemaNode::Discriminator& discriminator, const json& value, const Trail* trail) {
    const auto found = value.find(discriminator.property);
    if (found == value.end()) {
      report(trail, "Discriminator '" + discriminator.property + "' is missing in value",
             "value_error.discriminated_union.missing_discriminator",
             {{"discriminator_key", discriminator.property}});
      return;
    }
    const auto branch = found->is_string() ? discriminator.by_value.find(found->get_ref<const std::string&>())
                                           : discriminator.by_value.end();
    if (branch != discriminator.by_value.end()) {
      check(*branch->second, value, trail);
      return;
    }
    json allowed = json::array();
    for (const auto& [name, node] : discriminator.by_value) allowed.push_back(name);
    const std::string given = python_text(*found);
    report(trail,
           "No match for discriminator '" + discriminator.property + "' and value " + given +
               " (allowed values: " + joined(allowed) + ")",
           "value_error.discriminated_union.invalid_discriminator",
           {{"discriminator_key", discriminator.property},
            {"discriminator_value", *found},
            {"allowed_values", joined(allowed)}});
  }

  bool fits(const SchemaNode& schema, const json& value, const Reading& reading) const {
    std::vector<Violation> ignored;
    Validator(prefix_, reading, ignored).check(schema, value, nullptr);
    return ignored.empty();
  }

  void check_any(const std::vector<const SchemaNode*>& branches, const json& value, const Trail* trail) {
    const std::size_t before = out_.size();
    for (const auto* branch : branches) {
      const std::size_t wrong = out_.size();
      check(*branch, value, trail);
      if (out_.size() == wrong && wrong < most_violations) {
        out_.resize(before);
        return;
      }
    }
  }

  /// Exactly one, as JSON Schema says; but among values that fit several only by coercion one fit is enough, since the service
  /// would take the first.
  void check_one(const std::vector<const SchemaNode*>& branches, const json& value, const Trail* trail) {
    const Reading strictly{reading_.direction, false};
    const auto strict_fits =
        std::ranges::count_if(branches, [&](const SchemaNode* branch) { return fits(*branch, value, strictly); });
    if (strict_fits > 1) {
      report(trail, "value matches more than one of the schemas of which it must match one", "value_error.one_of");
    } else if (strict_fits == 0) {
      check_any(branches, value, trail);
    }
  }

  const std::vector<LocPart>& prefix_;
  const Reading reading_;
  std::vector<Violation>& out_;
};

}  // namespace

void check_value(const SchemaNode& schema, const json& value, const std::vector<LocPart>& prefix,
                 const Reading& reading, std::vector<Violation>& out) {
  Validator(prefix, reading, out).check(schema, value, nullptr);
}

}  // namespace pgw::contract
