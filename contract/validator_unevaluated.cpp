// unevaluatedItems and unevaluatedProperties: which items and members another keyword has looked at (JSON Schema
// 2020-12, section 11).
#include <algorithm>

#include "contract/validator.h"

namespace pgw::contract {

Fit Validator::check_unevaluated(const SchemaNode& schema, const JsonValue& value, const Trail* trail) {
  const SchemaNode* const rest = value.is_array()    ? schema.rare->unevaluated_items
                                 : value.is_object() ? schema.rare->unevaluated_properties
                                                     : nullptr;
  if (rest == nullptr) return Fit::yes;
  Coverage covered(value.size(), Fit::no);
  cover_by_itself(schema, value, trail, covered);
  cover_in_place(schema, value, trail, covered);
  Fit fit = Fit::yes;
  std::size_t at = 0;
  for (const auto& part : value) {
    const Fit is_covered = covered[at];
    const auto index = static_cast<std::int64_t>(at++);
    if (is_covered == Fit::yes) continue;
    const Trail here = value.is_array() ? Trail{trail, {}, index} : Trail{trail, part.name()};
    fit = both(fit, check_uncovered(*rest, part, &here, is_covered));
    if (is_settled(fit)) break;
  }
  return fit;
}

/// `is_covered`: not `yes`.
Fit Validator::check_uncovered(const SchemaNode& rest, const JsonValue& part, const Trail* trail, Fit is_covered) {
  if (is_covered == Fit::unknown) {
    return fits(rest, part, trail, How::as_read) == Fit::yes ? Fit::yes : Fit::unknown;
  }
  if (!rest.resolved().takes_nothing) return check(rest, part, trail);
  const bool is_member = trail->index < 0;
  return complain(trail, [&] {
    return is_member ? Complaint{"extra fields not permitted", "value_error.extra"}
                     : Complaint{"extra items not permitted", "value_error.extra"};
  });
}

Validator::Coverage Validator::coverage_of(const SchemaNode& unresolved, const JsonValue& value, const Trail* trail) {
  const SchemaNode& schema = unresolved.resolved();
  if (const auto known = coverages_.find({&schema, &value}); known != coverages_.end()) return known->second;
  Coverage covered(value.size(), Fit::no);
  const bool covers_rest =
      schema.rare != nullptr &&
      (value.is_array() ? schema.rare->unevaluated_items != nullptr : schema.rare->unevaluated_properties != nullptr);
  if (covers_rest) {
    covered.assign(covered.size(), Fit::yes);
  } else {
    cover_by_itself(schema, value, trail, covered);
    cover_in_place(schema, value, trail, covered);
  }
  if (schema.is_remembered) coverages_.emplace(std::pair(&schema, &value), covered);
  return covered;
}

/// By the keywords that stand in the schema itself.
void Validator::cover_by_itself(const SchemaNode& schema, const JsonValue& value, const Trail* trail,
                                Coverage& covered) {
  const bool is_undecided = schema.undecided.contains(value.is_array() ? JsonType::array : JsonType::object);
  if (is_undecided) {
    for (auto& part : covered) part = either(part, Fit::unknown);
  }
  if (value.is_array()) {
    cover_items(schema, value, trail, covered);
  } else {
    cover_members(schema, value, trail, covered);
  }
}

void Validator::cover_items(const SchemaNode& schema, const JsonValue& array, const Trail* trail, Coverage& covered) {
  if (schema.items != nullptr) {
    covered.assign(covered.size(), Fit::yes);
    return;
  }
  if (schema.rare == nullptr) return;
  const std::size_t prefix = std::min(schema.rare->prefix_items.size(), covered.size());
  std::fill_n(covered.begin(), prefix, Fit::yes);
  if (schema.rare->contains == nullptr) return;
  std::size_t at = 0;
  for (const auto& item : array) {
    const Trail here{trail, {}, static_cast<std::int64_t>(at)};
    covered[at] = either(covered[at], fits(*schema.rare->contains, item, &here, How::as_it_stands));
    ++at;
  }
}

void Validator::cover_members(const SchemaNode& schema, const JsonValue& object, const Trail* trail,
                              Coverage& covered) {
  if (schema.speaks_of_additional) {
    covered.assign(covered.size(), Fit::yes);
    return;
  }
  std::size_t at = 0;
  for (const auto& member : object) {
    Fit& is_covered = covered[at++];
    const auto* property = schema.find_property(member.name());
    if (property != nullptr && property->schema != nullptr) is_covered = Fit::yes;
    if (schema.rare == nullptr) continue;
    const Trail here{trail, member.name()};
    for (const auto& described : schema.rare->pattern_properties) {
      if (is_covered == Fit::yes) break;
      is_covered = either(is_covered, occurs(described.pattern.get(), member.name(), &here));
    }
  }
}

void Validator::cover_in_place(const SchemaNode& schema, const JsonValue& value, const Trail* trail,
                               Coverage& covered) {
  for (const auto* part : schema.all_of) cover_if(Fit::yes, part, value, trail, covered);
  for (const auto* list : {&schema.any_of, &schema.one_of}) {
    for (const auto* branch : *list) {
      cover_if(fits(*branch, value, trail, How::as_it_stands), branch, value, trail, covered);
    }
  }
  if (schema.rare == nullptr) return;
  for (const auto& dependency : schema.rare->dependencies) {
    if (dependency.schema == nullptr || value.find(dependency.name) == nullptr) continue;
    cover_if(fits(*dependency.schema, value, trail, How::as_it_stands), dependency.schema, value, trail, covered);
  }
  if (!schema.rare->condition) return;
  const auto& condition = *schema.rare->condition;
  const Fit test = fits(*condition.test, value, trail, How::as_it_stands);
  cover_if(test, condition.test, value, trail, covered);
  cover_if(test, condition.then, value, trail, covered);
  cover_if(opposite(test), condition.otherwise, value, trail, covered);
}

void Validator::cover_if(Fit holds, const SchemaNode* schema, const JsonValue& value, const Trail* trail,
                         Coverage& covered) {
  if (holds == Fit::no || schema == nullptr) return;
  const Coverage by_it = coverage_of(*schema, value, trail);
  for (std::size_t i = 0; i < covered.size(); ++i) covered[i] = either(covered[i], both(holds, by_it[i]));
}

}  // namespace pgw::contract
