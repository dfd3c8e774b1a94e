// A JSON value against a compiled schema, in the words of pydantic v1.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <utility>

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

/// What pydantic v1 takes for a boolean.
std::optional<bool> boolean_of(const json& value) {
  static constexpr std::array<std::string_view, 6> no{"0", "off", "f", "false", "n", "no"};
  static constexpr std::array<std::string_view, 6> yes{"1", "on", "t", "true", "y", "yes"};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) {
    const auto number = value.get<double>();
    return number == 0 || number == 1 ? std::optional(number == 1) : std::nullopt;
  }
  if (!value.is_string() || value.get_ref<const std::string&>().size() > 5) return std::nullopt;
  auto word = value.get<std::string>();
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(no, word) != no.end()) return false;
  return std::ranges::find(yes, word) == yes.end() ? std::nullopt : std::optional(true);
}

/// Python's repr of a text.
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

/// As Python prints it in a message: 'text', 1, True.
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

json number_json(double value) {
  const bool is_whole = std::floor(value) == value && std::abs(value) < 9e15;
  return is_whole ? json(static_cast<std::int64_t>(value)) : json(value);
}

/// A text that two values share exactly if they are equal, 1 and 1.0 included.
void append_canonical(std::string& out, const json& value) {
  const auto append_text = [&out](const std::string& text) { out += std::to_string(text.size()) + ':' + text; };
  if (value.is_object()) {
    out += '{';
    for (const auto& [name, member] : value.items()) {
      append_text(name);
      append_canonical(out, member);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto& item : value) append_canonical(out, item);
    out += ']';
  } else if (value.is_string()) {
    append_text(value.get_ref<const std::string&>());
  } else {
    out += value.is_number_float() ? number_json(value.get<double>()).dump() : value.dump();
    out += ' ';
  }
}

bool has_duplicates(const json& array) {
  std::unordered_set<std::string> seen;
  return std::ranges::any_of(array, [&seen](const json& item) {
    std::string text;
    append_canonical(text, item);
    return !seen.insert(std::move(text)).second;
  });
}

/// Whether null is right. Only called for schemas that don't contain themselves without a property or item in between.
bool takes_null(const SchemaNode& unresolved) {
  const SchemaNode& schema = unresolved.resolved();
  const auto takes = [](const SchemaNode* branch) { return takes_null(*branch); };
  if (schema.nullable) return true;
  if (schema.type) return false;
  if (schema.enumeration && std::ranges::find(*schema.enumeration, json()) == schema.enumeration->end()) return false;
  if (!schema.any_of.empty() && std::ranges::none_of(schema.any_of, takes)) return false;
  if (!schema.one_of.empty() && std::ranges::none_of(schema.one_of, takes)) return false;
  if (schema.negated != nullptr && takes_null(*schema.negated)) return false;
  return std::ranges::all_of(schema.all_of, takes);
}

/// What is known of how values fit schemas. Without it, alternatives that refer to themselves would be tried a number
/// of times that doubles with each level of a body.
class Fits {
 public:
  std::optional<bool> find(const SchemaNode& schema, const json& value, bool coerce) const {
    const auto found = known_.find({&schema, &value, coerce});
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }

  void insert(const SchemaNode& schema, const json& value, bool coerce, bool fits) {
    known_.emplace(Key{&schema, &value, coerce}, fits);
  }

 private:
  using Key = std::tuple<const SchemaNode*, const json*, bool>;
  std::map<Key, bool> known_;
};

class Validator {
 public:
  /// Stops after `most` violations.
  Validator(const std::vector<LocPart>& prefix, const Reading& reading, std::vector<Violation>& out, std::size_t most,
            Fits& known)
      : prefix_(prefix), reading_(reading), out_(out), most_(most), known_(known) {}

  void check(const SchemaNode& unresolved, const json& value, const Trail* trail) {
    const SchemaNode* const outer = std::exchange(whole_, nullptr);
    if (out_.size() >= most_) return;
    const SchemaNode& schema = unresolved.resolved();
    const SchemaNode& whole = outer == nullptr ? schema : *outer;
    if (value.is_null()) {
      if (!takes_null(schema)) report(trail, "none is not an allowed value", "type_error.none.not_allowed");
      return;
    }
    if (!check_type(schema, value, trail)) return;
    // Of what is wrong with a plain value the first is told, as pydantic does.
    (void)(check_enumeration(schema, value, trail) && check_text(schema, value, trail) &&
           check_number(schema, value, trail));
    if (value.is_array()) check_array(schema, value, trail);
    if (value.is_object()) check_object(schema, whole, value, trail);
    for (const auto* part : schema.all_of) {
      whole_ = &whole;
      check(*part, value, trail);
    }
    check_combinators(schema, value, trail);
  }

 private:
  void report(const Trail* trail, std::string msg, std::string type, json ctx = nullptr) {
    if (out_.size() >= most_) return;
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
    double ignored = 0;
    switch (*schema.type) {
      case JsonType::string:
        if (value.is_string() || (reading_.coerce && value.is_primitive())) return true;
        report_no_text(schema, trail);
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
        if (value.is_boolean() || (reading_.coerce && boolean_of(value))) return true;
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

  void report_no_text(const SchemaNode& schema, const Trail* trail) {
    const bool is_time = schema.format == Format::date_time || schema.format == Format::date;
    if (!is_time) return report(trail, "str type expected", "type_error.str");
    const std::string kind = schema.format == Format::date ? "date" : "datetime";
    report(trail, "invalid type; expected " + kind + ", string, bytes, int or float", "type_error");
  }

  bool as_integer(const json& value, double& number) const {
    if (value.is_number_integer()) {
      number = value.get<double>();
      return true;
    }
    if (value.is_number_float()) {
      const double given = value.get<double>();
      number = std::trunc(given);
      return reading_.coerce || number == given;
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

  bool check_enumeration(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (!schema.enumeration) return true;
    const json& allowed = *schema.enumeration;
    if (std::ranges::find(allowed, value) != allowed.end()) return true;
    // A query's "1" is compared with the number 1 as the type says.
    double number = 0;
    const bool is_numeric = schema.type == JsonType::integer || schema.type == JsonType::number;
    if (is_numeric && as_number(value, number) &&
        std::ranges::any_of(allowed, [&](const json& one) { return one.is_number() && one.get<double>() == number; })) {
      return true;
    }
    const auto truth = schema.type == JsonType::boolean ? boolean_of(value) : std::nullopt;
    if (truth && std::ranges::find(allowed, json(*truth)) != allowed.end()) return true;
    if (schema.is_literal) {
      report(trail, "unexpected value; permitted: " + joined(allowed), "value_error.const",
             {{"given", value}, {"permitted", allowed}});
    } else {
      report(trail, "value is not a valid enumeration member; permitted: " + joined(allowed), "type_error.enum",
             {{"enum_values", allowed}});
    }
    return false;
  }

  bool check_text(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (value.is_string()) return check_length(schema, value.get_ref<const std::string&>(), trail);
    // What was coerced to a text is checked as that text; the formats of times and addresses take numbers as they are.
    if (schema.type != JsonType::string) return true;
    return check_length(
        schema, value.is_boolean() ? python_text(value) : value.dump(), trail,
        schema.format == Format::uuid || schema.format == Format::email || schema.format == Format::uri);
  }

  bool check_length(const SchemaNode& schema, const std::string& text, const Trail* trail, bool with_format = true) {
    const std::size_t length = schema.min_length || schema.max_length ? code_points(text) : 0;
    if (schema.min_length && length < *schema.min_length) {
      report(trail, "ensure this value has at least " + std::to_string(*schema.min_length) + " characters",
             "value_error.any_str.min_length", {{"limit_value", *schema.min_length}});
      return false;
    }
    if (schema.max_length && length > *schema.max_length) {
      report(trail, "ensure this value has at most " + std::to_string(*schema.max_length) + " characters",
             "value_error.any_str.max_length", {{"limit_value", *schema.max_length}});
      return false;
    }
    return check_pattern(schema, text, trail) && (!with_format || check_format(schema, text, trail));
  }

  bool check_pattern(const SchemaNode& schema, const std::string& text, const Trail* trail) {
    if (schema.pattern == nullptr || re2::RE2::PartialMatch(text, *schema.pattern)) return true;
    const std::string& pattern = schema.pattern->pattern();
    report(trail, "string does not match regex \"" + pattern + "\"", "value_error.str.regex", {{"pattern", pattern}});
    return false;
  }

  bool check_format(const SchemaNode& schema, const std::string& text, const Trail* trail) {
    if (!schema.format || schema.type != JsonType::string || matches(*schema.format, text)) return true;
    const auto error = error_of(*schema.format);
    report(trail, std::string(error.msg), std::string(error.type));
    return false;
  }

  bool check_number(const SchemaNode& schema, const json& value, const Trail* trail) {
    if (!schema.minimum && !schema.maximum && !schema.multiple_of) return true;
    const bool is_numeric = schema.type == JsonType::integer || schema.type == JsonType::number;
    double number = 0;
    if (!(is_numeric || (!schema.type && value.is_number()))) return true;
    if (!(schema.type == JsonType::integer ? as_integer(value, number) : as_number(value, number))) return true;
    return check_minimum(schema, number, trail) && check_maximum(schema, number, trail) &&
           check_multiple(schema, number, trail);
  }

  bool report_bound(const char* words, const char* type, const Bound& bound, const Trail* trail) {
    report(trail, std::string("ensure this value is ") + words + " " + bound.limit.dump(),
           std::string("value_error.number.") + type, {{"limit_value", bound.limit}});
    return false;
  }

  // The comparisons are such that not-a-number, which Python reads from a query's "nan", is beyond any bound.
  bool check_minimum(const SchemaNode& schema, double number, const Trail* trail) {
    if (!schema.minimum) return true;
    const Bound& low = *schema.minimum;
    if (low.exclusive) return number > low.value || report_bound("greater than", "not_gt", low, trail);
    return number >= low.value || report_bound("greater than or equal to", "not_ge", low, trail);
  }

  bool check_maximum(const SchemaNode& schema, double number, const Trail* trail) {
    if (!schema.maximum) return true;
    const Bound& high = *schema.maximum;
    if (high.exclusive) return number < high.value || report_bound("less than", "not_lt", high, trail);
    return number <= high.value || report_bound("less than or equal to", "not_le", high, trail);
  }

  bool check_multiple(const SchemaNode& schema, double number, const Trail* trail) {
    if (!schema.multiple_of) return true;
    const double quotient = number / *schema.multiple_of;
    if (std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient))) return true;
    report(trail, "ensure this value is a multiple of " + number_json(*schema.multiple_of).dump(),
           "value_error.number.not_multiple", {{"multiple_of", number_json(*schema.multiple_of)}});
    return false;
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

  void check_object(const SchemaNode& schema, const SchemaNode& whole, const json& value, const Trail* trail) {
    for (const auto& property : schema.properties) check_property(schema, whole, property, value, trail);
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

  void check_property(const SchemaNode& schema, const SchemaNode& whole, const SchemaNode::Property& property,
                      const json& object, const Trail* trail) {
    const Trail here{trail, property.name};
    const auto found = object.find(property.name);
    if (found == object.end()) {
      if (is_required(whole, property)) {
        report(&here, missing_message(schema, property.name, object), "value_error.missing");
      }
      return;
    }
    // The generator of the document drops `nullable` from optional properties, so null stands for their absence.
    if (found->is_null() && !is_required(whole, property)) return;
    if (property.schema != nullptr) check(*property.schema, *found, &here);
  }

  bool is_required(const SchemaNode& whole, const SchemaNode::Property& property) const {
    return property.required && !travels_only_the_other_way(whole, property.name);
  }

  /// `whole`: all that is said of the object, since one part of an allOf may require what another declares.
  bool travels_only_the_other_way(const SchemaNode& unresolved, const std::string& name) const {
    const SchemaNode& whole = unresolved.resolved();
    const auto is_other_way = [this](const SchemaNode& node) {
      return reading_.direction == Direction::request ? node.read_only : node.write_only;
    };
    const auto* property = whole.find_property(name);
    // Of a property that refers to its schema, the flag stands there.
    const bool is_flagged = property != nullptr && property->schema != nullptr &&
                            (is_other_way(*property->schema) || is_other_way(property->schema->resolved()));
    return is_flagged || std::ranges::any_of(whole.all_of, [&](const SchemaNode* part) {
             return travels_only_the_other_way(*part, name);
           });
  }

  /// Only looks among the first properties: a body of thousands that nobody declared is no slip.
  static std::string missing_message(const SchemaNode& schema, const std::string& name, const json& object) {
    constexpr int most_looked_at = 50;
    int looked_at = 0;
    for (const auto& [given, value] : object.items()) {
      if (++looked_at > most_looked_at) break;
      if (schema.find_property(given) == nullptr && is_likely_slip(given, name)) {
        return std::string("field required (did you mean '").append(name).append("' instead of '").append(given) +
               "'?)";
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
    if (schema.discriminator) {
      check_discriminated(*schema.discriminator, value, trail);
    } else {
      if (!schema.any_of.empty()) check_any(schema.any_of, value, trail);
      if (!schema.one_of.empty()) check_one(schema.one_of, value, trail);
    }
    if (schema.negated != nullptr && fits(*schema.negated, value, reading_.coerce)) {
      report(trail, "value is not permitted", "value_error.not");
    }
  }

  void check_discriminated(const SchemaNode::Discriminator& discriminator, const json& value, const Trail* trail) {
    const auto found = value.find(discriminator.property);
    if (!value.is_object() || found == value.end()) {
      report(trail, "Discriminator '" + discriminator.property + "' is missing in value",
             "value_error.discriminated_union.missing_discriminator", {{"discriminator_key", discriminator.property}});
      return;
    }
    const auto branch = found->is_string() ? discriminator.by_value.find(found->get_ref<const std::string&>())
                                           : discriminator.by_value.end();
    if (branch != discriminator.by_value.end()) {
      // pydantic names the model that the discriminator chose.
      const Trail here{trail, branch->second.name};
      check(*branch->second.schema, value, branch->second.name.empty() ? trail : &here);
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

  bool fits(const SchemaNode& schema, const json& value, bool coerce) {
    if (const auto known = known_.find(schema, value, coerce)) return *known;
    std::vector<Violation> first;
    Validator(prefix_, {reading_.direction, coerce}, first, 1, known_).check(schema, value, nullptr);
    known_.insert(schema, value, coerce, first.empty());
    return first.empty();
  }

  void check_any(const std::vector<const SchemaNode*>& branches, const json& value, const Trail* trail) {
    const auto is_fit = [&](const SchemaNode* branch) { return fits(*branch, value, reading_.coerce); };
    if (std::ranges::any_of(branches, is_fit)) return;
    for (const auto* branch : branches) check(*branch, value, trail);
  }

  /// Exactly one, as JSON Schema says; but among values that fit several only by coercion one fit is enough, since the
  /// service would take the first.
  void check_one(const std::vector<const SchemaNode*>& branches, const json& value, const Trail* trail) {
    const auto strict_fits =
        std::ranges::count_if(branches, [&](const SchemaNode* branch) { return fits(*branch, value, false); });
    if (strict_fits > 1) {
      report(trail, "value matches more than one of the schemas of which it must match one", "value_error.one_of");
    } else if (strict_fits == 0) {
      check_any(branches, value, trail);
    }
  }

  const std::vector<LocPart>& prefix_;
  const Reading reading_;
  std::vector<Violation>& out_;
  const std::size_t most_;
  Fits& known_;
  const SchemaNode* whole_ =
      nullptr;  // of the parts of an allOf: the schema that holds them all, for the next check alone
};

}  // namespace

void check_value(const SchemaNode& schema, const json& value, const std::vector<LocPart>& prefix,
                 const Reading& reading, std::vector<Violation>& out) {
  Fits known;
  Validator(prefix, reading, out, most_violations, known).check(schema, value, nullptr);
}

}  // namespace pgw::contract
