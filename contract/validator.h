// A JSON value against a compiled schema. Internal to contract/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/fit.h"
#include "contract/json_value.h"
#include "contract/python.h"
#include "contract/schema_node.h"
#include "contract/verdicts.h"

namespace pgw::contract {

/// One walk over one value. It either tells what is wrong (up to `most_violations`), or, where alternatives are tried,
/// stops at the first mistake without a word. Messages and places are only spelt out when they are told.
class Validator {
 public:
  Validator(const Reading& reading, std::vector<Violation>& out)
      : reading_(reading),
        is_pydantic_(reading.coercion == Coercion::pydantic),
        coerces_(is_pydantic_ && reading.direction == Direction::request),
        null_is_absence_(coerces_ || reading.null_is_absence),
        out_(out) {}

  /// `whole`: for a part of an allOf, the schema that holds all parts.
  Fit check(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const SchemaNode* whole = nullptr);

  /// Adds the first thing that was given up for want of steps or stack, if there is one.
  void tell_of_giving_up();

 private:
  struct Complaint {
    std::string msg;
    std::string type;
    nlohmann::json ctx = nullptr;
  };

  /// `as_it_stands`: without any leniency, for decisions in which a fit may be a reason to refuse.
  enum class How { as_read, as_it_stands };

  bool is_done() const { return !is_quiet_ && out_.size() >= most_violations; }

  /// Whether a verdict ends the walk, since nobody asks what else is wrong.
  bool is_settled(Fit fit) const { return is_quiet_ && fit == Fit::no; }

  /// Tells of what is wrong here; `describe` makes the Complaint if anyone will read it. Always `no`.
  template <typename Describe>
  Fit complain(const Trail* trail, Describe describe) {
    if (!is_quiet_ && !is_done()) out_.push_back(violation_at(trail, describe()));
    return Fit::no;
  }

  /// For what takes more steps or stack than a value may cost. Always `unknown`.
  template <typename Describe>
  Fit give_up(const Trail* trail, Describe describe) {
    if (!gave_up_) gave_up_ = violation_at(trail, describe());
    return Fit::unknown;
  }
  static Violation violation_at(const Trail* trail, Complaint complaint);

  // validator.cpp
  Fit examine(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const SchemaNode& whole);
  Fit check_null(const SchemaNode& schema, const JsonValue& null, const Trail* trail, const SchemaNode& whole);
  Fit check_type(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool is_of_type(JsonType type, const SchemaNode& schema, const JsonValue& value) const;
  Fit complain_of_type(const SchemaNode& schema, const Trail* trail, const JsonValue& value);
  Complaint no_text(const SchemaNode& schema) const;
  bool may_stand_for_object(const JsonValue& value) const;
  /// Whether it fits, without a word.
  Fit fits(const SchemaNode& schema, const JsonValue& value, const Trail* trail, How how,
           const SchemaNode* whole = nullptr);
  /// A text of a parameter or a form field, which is what its schema makes of it.
  Fit check_spelt(const SchemaNode& schema, std::string_view text, const Trail* trail);
  Fit occurs(const Pattern* pattern, std::string_view text, const Trail* trail);

  // validator_scalars.cpp: each tells at most one thing
  Fit check_scalar(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  Fit check_enumeration(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool is_permitted(const SchemaNode& schema, const JsonValue& value) const;
  Fit check_text(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  Fit check_length(const SchemaNode& schema, std::string_view text, const Trail* trail);
  Fit check_pattern(const SchemaNode& schema, std::string_view text, const Trail* trail);
  Fit check_format(const SchemaNode& schema, std::string_view text, const Trail* trail);
  Fit check_number(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  Fit check_minimum(const Bound& low, const Number& number, const Trail* trail);
  Fit check_maximum(const Bound& high, const Number& number, const Trail* trail);
  Fit check_multiple(const Number& divisor, const Number& number, const Trail* trail);
  Fit complain_of_bound(const char* words, const char* type, const Bound& bound, const Trail* trail);
  std::string in_words(const nlohmann::json& values) const;

  // validator_structures.cpp
  Fit check_list(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& list, const Trail* trail);
  Fit check_array(const SchemaNode& schema, const JsonValue& array, const Trail* trail);
  Fit check_items(const SchemaNode& schema, const JsonValue& array, const Trail* trail);
  Fit check_contains(const SchemaNode::Rare& rare, const JsonValue& array, const Trail* trail);
  Fit check_object(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& object, const Trail* trail);
  Fit check_members(const SchemaNode& schema, const JsonValue& object, const Trail* trail);
  Fit check_patterns(const SchemaNode& schema, const JsonValue& member, const Trail* trail, Fit& is_described);
  Fit check_further(const SchemaNode& schema, const JsonValue& member, const Trail* trail, Fit is_described);
  Fit check_name(const SchemaNode& names, std::string_view name, const Trail* trail);
  Fit check_size(const char* what, const char* of, std::size_t size, std::optional<std::size_t> least,
                 std::optional<std::size_t> most, const Trail* trail);
  bool is_required(const SchemaNode& whole, const SchemaNode::Property& property) const;
  bool travels_only_the_other_way(const SchemaNode& whole, const std::string& name) const;

  // validator_alternatives.cpp
  Fit check_alternatives(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  Fit check_discriminated(const SchemaNode::Discriminator& discriminator, const JsonValue& value, const Trail* trail);
  Fit check_any(const SchemaNode& schema, const std::vector<const SchemaNode*>& branches, const JsonValue& value,
                const Trail* trail);
  Fit check_one(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  Fit check_negated(const SchemaNode& negated, const JsonValue& value, const Trail* trail);
  Fit tell_branches(const SchemaNode& schema, const std::vector<const SchemaNode*>& branches, const JsonValue& value,
                    const Trail* trail);
  Fit check_dependencies(const SchemaNode::Rare& rare, const JsonValue& object, const Trail* trail);
  Fit check_condition(const SchemaNode::Condition& condition, const JsonValue& value, const Trail* trail);

  // validator_unevaluated.cpp
  using Coverage = std::vector<Fit>;  // of each item or member: whether a schema has looked at it
  Fit check_unevaluated(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  Fit check_uncovered(const SchemaNode& schema, const JsonValue& part, const Trail* trail, Fit is_covered);
  Coverage coverage_of(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  void cover_by_itself(const SchemaNode& schema, const JsonValue& value, const Trail* trail, Coverage& covered);
  void cover_items(const SchemaNode& schema, const JsonValue& array, const Trail* trail, Coverage& covered);
  void cover_members(const SchemaNode& schema, const JsonValue& object, const Trail* trail, Coverage& covered);
  void cover_in_place(const SchemaNode& schema, const JsonValue& value, const Trail* trail, Coverage& covered);
  void cover_if(Fit holds, const SchemaNode* schema, const JsonValue& value, const Trail* trail, Coverage& covered);

  const Reading reading_;
  const bool is_pydantic_;
  bool coerces_;
  bool null_is_absence_;
  bool is_quiet_ = false;
  std::size_t depth_ = 0;
  std::vector<Violation>& out_;
  Verdicts verdicts_;
  std::map<std::pair<const SchemaNode*, const JsonValue*>, Coverage> coverages_;
  StepBudget steps_;
  std::optional<Violation> gave_up_;
};

}  // namespace pgw::contract
