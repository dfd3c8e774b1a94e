// anyOf, oneOf, not, and discriminators.
#include <algorithm>

#include "contract/validator.h"

namespace pgw::contract {

using nlohmann::json;

void Validator::check_alternatives(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  if (schema.discriminator) {
    check_discriminated(*schema.discriminator, value, trail);
  } else {
    if (!schema.any_of.empty()) check_any(schema.any_of, value, trail);
    if (!schema.one_of.empty()) check_one(schema.one_of, value, trail);
  }
  if (schema.negated != nullptr && fits(*schema.negated, value, strict())) {
    complain(trail, [] { return Complaint{"value is not permitted", "value_error.not"}; });
  }
}

void Validator::check_discriminated(const SchemaNode::Discriminator& discriminator, const JsonValue& value,
                                    const Trail* trail) {
  const JsonValue* const given = value.find(discriminator.property);
  if (given == nullptr) {
    complain(trail, [&]() -> Complaint {
      return {"Discriminator '" + discriminator.property + "' is missing in value",
              "value_error.discriminated_union.missing_discriminator",
              {{"discriminator_key", discriminator.property}}};
    });
    return;
  }
  if (given->is_unread()) return;
  const auto branch = given->is_string() ? discriminator.by_value.find(given->text()) : discriminator.by_value.end();
  if (branch != discriminator.by_value.end()) {
    // pydantic names the model that the discriminator chose.
    const Trail here{trail, branch->second.name};
    check(*branch->second.schema, value, branch->second.name.empty() ? trail : &here);
    return;
  }
  complain(trail, [&]() -> Complaint {
    json allowed = json::array();
    for (const auto& [name, node] : discriminator.by_value) allowed.push_back(name);
    return {"No match for discriminator '" + discriminator.property + "' and value " + python_text(given->to_json()) +
                " (allowed values: " + joined(allowed) + ")",
            "value_error.discriminated_union.invalid_discriminator",
            {{"discriminator_key", discriminator.property},
             {"discriminator_value", given->to_json()},
             {"allowed_values", joined(allowed)}}};
  });
}

void Validator::check_any(const std::vector<const SchemaNode*>& branches, const JsonValue& value, const Trail* trail) {
  const auto is_fit = [&](const SchemaNode* branch) { return fits(*branch, value, reading_); };
  if (std::ranges::any_of(branches, is_fit)) return;
  for (const auto* branch : branches) check(*branch, value, trail);
}

/// Exactly one, as JSON Schema says; but among values that fit several only by coercion one fit is enough, since the
/// service would take the first.
void Validator::check_one(const std::vector<const SchemaNode*>& branches, const JsonValue& value, const Trail* trail) {
  const auto strict_fits =
      std::ranges::count_if(branches, [&](const SchemaNode* branch) { return fits(*branch, value, strict()); });
  if (strict_fits > 1) {
    complain(trail, [] {
      return Complaint{"value matches more than one of the schemas of which it must match one", "value_error.one_of"};
    });
  } else if (strict_fits == 0) {
    check_any(branches, value, trail);
  }
}

bool Validator::fits(const SchemaNode& schema, const JsonValue& value, const Reading& reading) {
  const auto decide = [&] {
    Validator decision(reading, nullptr, 1, known_);
    decision.check(schema, value, nullptr);
    return decision.found() == 0;
  };
  // Only what contains other values can be tried more than once on the way to them.
  if (!value.is_array() && !value.is_object()) return decide();
  const bool strictly = !reading.null_is_absence;
  if (const auto known = known_.find(schema, value, strictly)) return *known;
  const bool is_fit = decide();
  known_.insert(schema, value, strictly, is_fit);
  return is_fit;
}

}  // namespace pgw::contract
