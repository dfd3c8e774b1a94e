#include "contract/validator.h"

#include <algorithm>
#include <array>

#include "contract/spelt.h"

namespace pgw::contract {
namespace {

/// Schemas within each other, over all levels of a value: what a thread's stack holds with room to spare. A document
/// that nests a few dozen at each level of a body as deep as bodies may be gets there.
constexpr std::size_t deepest_check = 1200;

JsonType type_of(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::null:
    case JsonValue::Kind::unread:
      return JsonType::null;
    case JsonValue::Kind::boolean:
      return JsonType::boolean;
    case JsonValue::Kind::integer:
    case JsonValue::Kind::unsigned_integer:
      return JsonType::integer;
    case JsonValue::Kind::decimal:
      return JsonType::number;
    case JsonValue::Kind::string:
      return JsonType::string;
    case JsonValue::Kind::array:
      return JsonType::array;
    case JsonValue::Kind::object:
      return JsonType::object;
  }
  return JsonType::null;
}

constexpr std::array type_names{std::pair{JsonType::string, "string"}, std::pair{JsonType::integer, "integer"},
                                std::pair{JsonType::number, "number"}, std::pair{JsonType::boolean, "boolean"},
                                std::pair{JsonType::array, "array"},   std::pair{JsonType::object, "object"},
                                std::pair{JsonType::null, "null"}};

}  // namespace

Fit Validator::check(const SchemaNode& unresolved, const JsonValue& value, const Trail* trail,
                     const SchemaNode* whole) {
  const SchemaNode& schema = unresolved.resolved();
  if (schema.taken_at_once == value.kind()) return Fit::yes;
  if (value.is_unread()) return Fit::unknown;
  if (is_done()) return Fit::no;
  if (value.is_spelt() && !is_pydantic_) return check_spelt(schema, value.text(), trail);
  if (!schema.is_remembered) return examine(schema, value, trail, whole == nullptr ? schema : *whole);
  const Verdicts::Key key{&schema, whole, &value, null_is_absence_};
  const auto* const known = verdicts_.find(key);
  if (known != nullptr && (is_quiet_ || known->is_told || known->fit != Fit::no)) return known->fit;
  const Fit fit = examine(schema, value, trail, whole == nullptr ? schema : *whole);
  verdicts_.store(key, {fit, !is_quiet_});
  return fit;
}

Fit Validator::examine(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const SchemaNode& whole) {
  if (schema.takes_nothing) {
    return complain(trail, [] { return Complaint{"no value is permitted here", "value_error.never"}; });
  }
  if (value.is_null()) {
    if (schema.nullable) return Fit::yes;
    if (!is_quiet_) return check_null(schema, value, trail, whole);
  }
  if (depth_ >= deepest_check) {
    return give_up(trail, [] { return Complaint{"nested too deeply to be checked", "value_error.depth"}; });
  }
  // An enum says in its own words that a value is of another type.
  if (schema.enumeration && check_enumeration(schema, value, trail) == Fit::no) return Fit::no;
  if (check_type(schema, value, trail) == Fit::no) return Fit::no;
  Fit fit = schema.undecided.contains(type_of(value)) ? Fit::unknown : Fit::yes;
  fit = both(fit, check_scalar(schema, value, trail));
  if (is_settled(fit)) return fit;
  ++depth_;
  if (value.is_array()) fit = both(fit, check_list(schema, whole, value, trail));
  if (value.is_object()) fit = both(fit, check_object(schema, whole, value, trail));
  for (const auto* part : schema.all_of) {
    if (is_settled(fit)) break;
    fit = both(fit, check(*part, value, trail, &whole));
  }
  if (!is_settled(fit)) fit = both(fit, check_alternatives(schema, value, trail));
  if (schema.rare != nullptr && !is_settled(fit)) {
    if (value.is_object()) fit = both(fit, check_dependencies(*schema.rare, value, trail));
    if (schema.rare->condition) fit = both(fit, check_condition(*schema.rare->condition, value, trail));
    if (fit != Fit::no) fit = both(fit, check_unevaluated(schema, value, trail));
  }
  --depth_;
  return fit;
}

/// Where it isn't right as a number or a truth value, it may be so as the text that it is.
Fit Validator::check_spelt(const SchemaNode& schema, std::string_view text, const Trail* trail) {
  // The values that are made here stand nowhere: verdicts on them are not kept beyond this check.
  Verdicts others = std::exchange(verdicts_, {});
  const JsonValue value = read_spelt(text, schema.mentioned);
  const JsonValue as_text(text);
  const bool is_text = !value.is_string() && fits(schema, value, trail, How::as_read) == Fit::no &&
                       fits(schema, as_text, trail, How::as_read) != Fit::no;
  const Fit fit = check(schema, is_text ? as_text : value, trail);
  verdicts_ = std::move(others);
  return fit;
}

/// Of null one thing is told, whatever the schema is made of.
Fit Validator::check_null(const SchemaNode& schema, const JsonValue& null, const Trail* trail,
                          const SchemaNode& whole) {
  const Fit fit = fits(schema, null, trail, How::as_read, &whole);
  if (fit != Fit::no) return fit;
  return complain(trail, [] { return Complaint{"none is not an allowed value", "type_error.none.not_allowed"}; });
}

Fit Validator::fits(const SchemaNode& schema, const JsonValue& value, const Trail* trail, How how,
                    const SchemaNode* whole) {
  const bool was_quiet = std::exchange(is_quiet_, true);
  const bool did_coerce = std::exchange(coerces_, coerces_ && how == How::as_read);
  const bool was_absence = std::exchange(null_is_absence_, null_is_absence_ && how == How::as_read);
  const Fit fit = check(schema, value, trail, whole == &schema ? nullptr : whole);
  is_quiet_ = was_quiet;
  coerces_ = did_coerce;
  null_is_absence_ = was_absence;
  return fit;
}

Violation Validator::violation_at(const Trail* trail, Complaint complaint) {
  Violation violation{{}, std::move(complaint.msg), std::move(complaint.type), std::move(complaint.ctx)};
  for (; trail != nullptr; trail = trail->parent) {
    violation.loc.push_back(trail->index >= 0 ? LocPart(trail->index) : LocPart(std::string(trail->name)));
  }
  std::ranges::reverse(violation.loc);
  return violation;
}

Fit Validator::occurs(const Pattern* pattern, std::string_view text, const Trail* trail) {
  if (pattern == nullptr) return Fit::unknown;
  const auto match = pattern->find_in(text, steps_);
  if (match != Pattern::Match::out_of_steps) return fit_if(match == Pattern::Match::yes);
  return give_up(trail, [&]() -> Complaint {
    const std::string& source = pattern->source();
    return {"string could not be matched within the step limit of the regex \"" + source + "\"",
            "value_error.str.regex_limit",
            {{"pattern", source}}};
  });
}

void Validator::tell_of_giving_up() {
  if (gave_up_) out_.push_back(std::move(*gave_up_));
}

Fit Validator::check_type(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (schema.types.is_empty()) return Fit::yes;
  if (const auto type = schema.type()) {
    return is_of_type(*type, schema, value) ? Fit::yes : complain_of_type(schema, trail, value);
  }
  const bool is_right = std::ranges::any_of(type_names, [&](const auto& known) {
    return schema.types.contains(known.first) && is_of_type(known.first, schema, value);
  });
  return is_right ? Fit::yes : complain_of_type(schema, trail, value);
}

bool Validator::is_of_type(JsonType type, const SchemaNode& schema, const JsonValue& value) const {
  switch (type) {
    case JsonType::null:
      return value.is_null();
    case JsonType::string:
      return value.is_string() || (coerces_ && !value.is_array() && !value.is_object() && !value.is_null());
    case JsonType::integer:
      return integer_of(value, coerces_).has_value();
    case JsonType::number:
      return number_of(value, coerces_).has_value() ||
             (coerces_ && schema.is_time_delta && value.is_string() && is_time_delta(value.text()));
    case JsonType::boolean:
      return value.is_boolean() || (coerces_ && boolean_of(value));
    case JsonType::array:
      return value.is_array();
    case JsonType::object:
      return value.is_object() || may_stand_for_object(value);
  }
  return true;
}

Fit Validator::complain_of_type(const SchemaNode& schema, const Trail* trail, const JsonValue& value) {
  return complain(trail, [&]() -> Complaint {
    const auto type = schema.type();
    if (!type) {
      std::string names;
      for (const auto& [known, name] : type_names) {
        if (schema.types.contains(known)) names += (names.empty() ? "" : ", ") + std::string(name);
      }
      return {"value is of none of the permitted types: " + names, "type_error", {{"types", names}}};
    }
    switch (*type) {
      case JsonType::null: {
        const auto only_null = nlohmann::json::array({nullptr});
        return {"unexpected value; permitted: " + in_words(only_null),
                "value_error.const",
                {{"given", value.to_json()}, {"permitted", only_null}}};
      }
      case JsonType::string:
        return no_text(schema);
      case JsonType::integer:
        return {"value is not a valid integer", "type_error.integer"};
      case JsonType::number:
        if (coerces_ && schema.is_time_delta) return {"invalid duration format", "value_error.duration"};
        return {"value is not a valid float", "type_error.float"};
      case JsonType::boolean:
        return {"value could not be parsed to a boolean", "type_error.bool"};
      case JsonType::array:
        return {"value is not a valid list", "type_error.list"};
      case JsonType::object:
        return {"value is not a valid dict", "type_error.dict"};
    }
    return {};
  });
}

/// dict([]) is {}: the one list that pydantic v1 takes for an object and that is sent, since it is how PHP writes an
/// empty object.
bool Validator::may_stand_for_object(const JsonValue& value) const {
  return coerces_ && value.is_array() && value.size() == 0;
}

Validator::Complaint Validator::no_text(const SchemaNode& schema) const {
  const auto format = schema.format;
  if (is_pydantic_ && (format == Format::date_time || format == Format::date)) {
    const std::string kind = format == Format::date ? "date" : "datetime";
    return {"invalid type; expected " + kind + ", string, bytes, int or float", "type_error"};
  }
  if (is_pydantic_ && (format == Format::uuid || format == Format::ipv4 || format == Format::ipv6)) {
    const auto error = error_of(*format, FormatRules::of_pydantic);
    return {std::string(error.msg), std::string(error.type)};
  }
  return {"str type expected", "type_error.str"};
}

void check_value(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const Reading& reading,
                 std::vector<Violation>& out) {
  const std::size_t before = out.size();
  Validator validator(reading, out);
  const Fit fit = validator.check(schema, value, trail);
  if (out.size() > before) return;
  if (fit == Fit::unknown && reading.direction == Direction::request) validator.tell_of_giving_up();
}

}  // namespace pgw::contract
