#include "contract/validator.h"

#include <algorithm>

namespace pgw::contract {
namespace {

/// Whether null is right. Only called for schemas that don't contain themselves without a property or item in between.
bool takes_null(const SchemaNode& unresolved) {
  const SchemaNode& schema = unresolved.resolved();
  const auto takes = [](const SchemaNode* branch) { return takes_null(*branch); };
  if (schema.nullable) return true;
  if (schema.type) return false;
  if (schema.enumeration && std::ranges::find(*schema.enumeration, nlohmann::json()) == schema.enumeration->end()) {
    return false;
  }
  if (!schema.any_of.empty() && std::ranges::none_of(schema.any_of, takes)) return false;
  if (!schema.one_of.empty() && std::ranges::none_of(schema.one_of, takes)) return false;
  if (schema.negated != nullptr && takes_null(*schema.negated)) return false;
  return std::ranges::all_of(schema.all_of, takes);
}

}  // namespace

void Validator::check(const SchemaNode& unresolved, const JsonValue& value, const Trail* trail) {
  const SchemaNode* const outer = std::exchange(whole_, nullptr);
  if (is_done()) return;
  const SchemaNode& schema = unresolved.resolved();
  const SchemaNode& whole = outer == nullptr ? schema : *outer;
  if (value.is_null() || value.is_unread()) {
    // Where alternatives are told apart, what isn't known counts for none.
    if (value.is_unread() ? reading_.coerce : takes_null(schema)) return;
    complain(trail, [] { return Complaint{"none is not an allowed value", "type_error.none.not_allowed"}; });
    return;
  }
  // An enum says in its own words that a value is of another type.
  if (schema.enumeration && !check_enumeration(schema, value, trail)) return;
  if (!check_type(schema, value, trail)) return;
  check_scalar(schema, value, trail);
  if (value.is_array()) check_list(schema, whole, value, trail);
  if (value.is_object()) check_object(schema, whole, value, trail);
  for (const auto* part : schema.all_of) {
    whole_ = &whole;
    check(*part, value, trail);
  }
  check_alternatives(schema, value, trail);
}

void Validator::tell(const Trail* trail, Complaint complaint) {
  Violation violation{{}, std::move(complaint.msg), std::move(complaint.type), std::move(complaint.ctx)};
  for (; trail != nullptr; trail = trail->parent) {
    violation.loc.push_back(trail->index >= 0 ? LocPart(trail->index) : LocPart(std::string(trail->name)));
  }
  std::ranges::reverse(violation.loc);
  out_->push_back(std::move(violation));
}

bool Validator::check_type(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (!schema.type) return true;
  const auto expect = [&](bool is_right, const char* msg, const char* type) {
    return is_right || complain(trail, [&] { return Complaint{msg, type}; });
  };
  switch (*schema.type) {
    case JsonType::string: {
      const bool is_scalar = !value.is_array() && !value.is_object();
      return value.is_string() || (reading_.coerce && is_scalar) || complain_of_no_text(schema, trail);
    }
    case JsonType::integer:
      return expect(integer_of(value, reading_.coerce).has_value(), "value is not a valid integer",
                    "type_error.integer");
    case JsonType::number:
      return expect(number_of(value, reading_.coerce).has_value(), "value is not a valid float", "type_error.float");
    case JsonType::boolean:
      return expect(value.is_boolean() || (reading_.coerce && boolean_of(value)),
                    "value could not be parsed to a boolean", "type_error.bool");
    case JsonType::array:
      return expect(value.is_array(), "value is not a valid list", "type_error.list");
    case JsonType::object:
      return expect(value.is_object() || may_stand_for_object(value), "value is not a valid dict", "type_error.dict");
  }
  return true;
}

/// dict([]) is {}: the one list that pydantic v1 takes for an object and that is sent, since it is how PHP writes an
/// empty object.
bool Validator::may_stand_for_object(const JsonValue& value) const {
  return reading_.coerce && value.is_array() && value.size() == 0;
}

bool Validator::complain_of_no_text(const SchemaNode& schema, const Trail* trail) {
  return complain(trail, [&]() -> Complaint {
    const auto format = schema.format;
    if (format == Format::date_time || format == Format::date) {
      const std::string kind = format == Format::date ? "date" : "datetime";
      return {"invalid type; expected " + kind + ", string, bytes, int or float", "type_error"};
    }
    if (format == Format::uuid || format == Format::ipv4 || format == Format::ipv6) {
      const auto error = error_of(*format);
      return {std::string(error.msg), std::string(error.type)};
    }
    return {"str type expected", "type_error.str"};
  });
}

void check_value(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const Reading& reading,
                 std::vector<Violation>& out) {
  Fits known;
  Validator(reading, &out, most_violations, known).check(schema, value, trail);
}

}  // namespace pgw::contract
