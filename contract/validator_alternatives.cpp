// anyOf, oneOf, not, discriminators, and what holds under a condition.
#include <algorithm>

#include "contract/validator.h"

namespace pgw::contract {

using nlohmann::json;

Fit Validator::check_alternatives(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  Fit fit = Fit::yes;
  // pydantic goes by a discriminator alone; for everyone else it changes no verdict (OpenAPI 3.0.4, 3.1.1).
  if (schema.discriminator != nullptr && is_pydantic_ && !value.is_null()) {
    fit = check_discriminated(*schema.discriminator, value, trail);
  } else {
    if (!schema.any_of.empty()) fit = check_any(schema, schema.any_of, value, trail);
    if (!schema.one_of.empty() && !is_settled(fit)) fit = both(fit, check_one(schema, value, trail));
  }
  if (schema.negated != nullptr && !is_settled(fit)) fit = both(fit, check_negated(*schema.negated, value, trail));
  return fit;
}

Fit Validator::check_negated(const SchemaNode& negated, const JsonValue& value, const Trail* trail) {
  const Fit fit = opposite(fits(negated, value, trail, How::as_it_stands));
  if (fit != Fit::no) return fit;
  return complain(trail, [] { return Complaint{"value is not permitted", "value_error.not"}; });
}

Fit Validator::check_discriminated(const SchemaNode::Discriminator& discriminator, const JsonValue& value,
                                   const Trail* trail) {
  const JsonValue* const given = value.find(discriminator.property);
  if (given == nullptr) {
    return complain(trail, [&]() -> Complaint {
      return {"Discriminator '" + discriminator.property + "' is missing in value",
              "value_error.discriminated_union.missing_discriminator",
              {{"discriminator_key", discriminator.property}}};
    });
  }
  if (given->is_unread()) return Fit::unknown;
  const auto branch = given->is_string() ? discriminator.by_value.find(given->text()) : discriminator.by_value.end();
  if (branch != discriminator.by_value.end()) {
    if (!is_pydantic_ || branch->second.name.empty()) return check(*branch->second.schema, value, trail);
    // pydantic names the model that the discriminator chose.
    const Trail here{trail, branch->second.name};
    return check(*branch->second.schema, value, &here);
  }
  return complain(trail, [&]() -> Complaint {
    json allowed = json::array();
    for (const auto& [name, node] : discriminator.by_value) allowed.push_back(name);
    return {"No match for discriminator '" + discriminator.property + "' and value " +
                in_words(json::array({given->to_json()})) + " (allowed values: " + in_words(allowed) + ")",
            "value_error.discriminated_union.invalid_discriminator",
            {{"discriminator_key", discriminator.property},
             {"discriminator_value", given->to_json()},
             {"allowed_values", in_words(allowed)}}};
  });
}

Fit Validator::check_any(const SchemaNode& schema, const std::vector<const SchemaNode*>& branches,
                         const JsonValue& value, const Trail* trail) {
  Fit fit = Fit::no;
  for (const auto* branch : branches) {
    fit = either(fit, fits(*branch, value, trail, How::as_read));
    if (fit == Fit::yes) break;
  }
  return fit == Fit::no ? tell_branches(schema, branches, value, trail) : fit;
}

/// Exactly one, as JSON Schema says; but among values that fit several only by coercion one fit is enough, since the
/// service would take the first.
Fit Validator::check_one(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (coerces_ && value.is_null()) return check_any(schema, schema.one_of, value, trail);
  int right = 0;
  bool may_be_more = false;
  for (const auto* branch : schema.one_of) {
    const Fit fit = fits(*branch, value, trail, How::as_it_stands);
    if (fit == Fit::yes && ++right > 1) break;
    may_be_more = may_be_more || fit == Fit::unknown;
  }
  if (right > 1) {
    return complain(trail, [] {
      return Complaint{"value matches more than one of the schemas of which it must match one", "value_error.one_of"};
    });
  }
  if (may_be_more) return Fit::unknown;
  if (right == 1) return Fit::yes;
  return coerces_ ? check_any(schema, schema.one_of, value, trail) : tell_branches(schema, schema.one_of, value, trail);
}

/// Of a value that fits none: what is wrong with it by each, or by the one that its discriminator names. That a value
/// is not null goes without saying.
Fit Validator::tell_branches(const SchemaNode& schema, const std::vector<const SchemaNode*>& branches,
                             const JsonValue& value, const Trail* trail) {
  if (is_quiet_) return Fit::no;
  const std::size_t before = out_.size();
  if (schema.discriminator != nullptr) check_discriminated(*schema.discriminator, value, trail);
  if (out_.size() > before) return Fit::no;
  const auto is_null = [](const SchemaNode* branch) { return branch->resolved().is_only_null(); };
  const bool is_only_null = std::ranges::all_of(branches, is_null);
  for (const auto* branch : branches) {
    if (is_only_null || !is_null(branch)) check(*branch, value, trail);
  }
  return Fit::no;
}

Fit Validator::check_dependencies(const SchemaNode::Rare& rare, const JsonValue& object, const Trail* trail) {
  Fit fit = Fit::yes;
  for (const auto& dependency : rare.dependencies) {
    if (object.find(dependency.name) == nullptr) continue;
    for (const auto& name : dependency.required) {
      if (object.find(name) != nullptr) continue;
      const Trail here{trail, name};
      fit = complain(&here, [&]() -> Complaint {
        return {"field required where '" + dependency.name + "' is given", "value_error.missing"};
      });
    }
    if (dependency.schema != nullptr && !is_settled(fit)) fit = both(fit, check(*dependency.schema, object, trail));
    if (is_settled(fit)) return fit;
  }
  return fit;
}

Fit Validator::check_condition(const SchemaNode::Condition& condition, const JsonValue& value, const Trail* trail) {
  const auto holds = [&](const SchemaNode* schema) {
    return schema == nullptr ? Fit::yes : check(*schema, value, trail);
  };
  const auto would_hold = [&](const SchemaNode* schema) {
    return schema == nullptr ? Fit::yes : fits(*schema, value, trail, How::as_read);
  };
  switch (fits(*condition.test, value, trail, How::as_it_stands)) {
    case Fit::yes:
      return holds(condition.then);
    case Fit::no:
      return holds(condition.otherwise);
    case Fit::unknown:
      break;
  }
  const Fit then = would_hold(condition.then);
  const Fit otherwise = would_hold(condition.otherwise);
  if (then == otherwise) return then == Fit::no ? holds(condition.then) : then;
  return Fit::unknown;
}

}  // namespace pgw::contract
