// A JSON value against a compiled schema, in the words of pydantic v1. Internal to contract/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "contract/json_value.h"
#include "contract/python.h"
#include "contract/schema_node.h"

namespace pgw::contract {

/// What is known of how lists and objects fit schemas. Without it, alternatives that refer to themselves would be tried
/// a number of times that doubles with each level of a body.
class Fits {
 public:
  std::optional<bool> find(const SchemaNode& schema, const JsonValue& value, bool strictly) const {
    const auto found = known_.find({&schema, &value, strictly});
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }

  void insert(const SchemaNode& schema, const JsonValue& value, bool strictly, bool fits) {
    known_.emplace(Key{&schema, &value, strictly}, fits);
  }

 private:
  using Key = std::tuple<const SchemaNode*, const JsonValue*, bool>;
  std::map<Key, bool> known_;
};

/// One walk over one value. Allocates nothing as long as nothing is wrong, but for what alternatives of lists and
/// objects need: messages and places are only spelt out when they are told.
class Validator {
 public:
  /// Stops after `most` violations. `out` null: they are counted, not told.
  Validator(const Reading& reading, std::vector<Violation>* out, std::size_t most, Fits& known)
      : reading_(reading), out_(out), found_(out == nullptr ? 0 : out->size()), most_(most), known_(known) {}

  void check(const SchemaNode& schema, const JsonValue& value, const Trail* trail);

  std::size_t found() const { return found_; }

 private:
  struct Complaint {
    std::string msg;
    std::string type;
    nlohmann::json ctx = nullptr;
  };

  /// As the schema says, without any leniency: for decisions in which a fit may be a reason to refuse.
  Reading strict() const { return {.direction = reading_.direction, .coerce = false, .null_is_absence = false}; }

  bool is_done() const { return found_ >= most_; }

  /// Tells of what is wrong here; `describe` makes the Complaint if anyone will read it. False, always.
  template <typename Describe>
  bool complain(const Trail* trail, Describe describe) {
    if (is_done()) return false;
    ++found_;
    if (out_ != nullptr) tell(trail, describe());
    return false;
  }
  void tell(const Trail* trail, Complaint complaint);

  // validator.cpp
  bool check_type(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool may_stand_for_object(const JsonValue& value) const;
  bool complain_of_no_text(const SchemaNode& schema, const Trail* trail);

  // validator_scalars.cpp: each tells at most one thing, and false if it did
  bool check_scalar(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool check_enumeration(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool is_permitted(const SchemaNode& schema, const JsonValue& value) const;
  bool check_text(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool check_length(const SchemaNode& schema, std::string_view text, const Trail* trail);
  bool check_pattern(const SchemaNode& schema, std::string_view text, const Trail* trail);
  bool check_format(const SchemaNode& schema, std::string_view text, const Trail* trail);
  bool check_number(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  bool check_minimum(const Bound& low, const Number& number, const Trail* trail);
  bool check_maximum(const Bound& high, const Number& number, const Trail* trail);
  bool check_multiple(const Number& divisor, const Number& number, const Trail* trail);
  bool complain_of_bound(const char* words, const char* type, const Bound& bound, const Trail* trail);

  // validator_structures.cpp
  void check_list(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& list, const Trail* trail);
  void check_array(const SchemaNode& schema, const JsonValue& array, const Trail* trail);
  void check_object(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& object, const Trail* trail);
  void check_additional(const SchemaNode& schema, const JsonValue& object, const Trail* trail);
  bool check_size(const char* what, const char* of, std::size_t size, std::optional<std::size_t> least,
                  std::optional<std::size_t> most, const Trail* trail);
  bool is_required(const SchemaNode& whole, const SchemaNode::Property& property) const;
  bool travels_only_the_other_way(const SchemaNode& whole, const std::string& name) const;

  // validator_alternatives.cpp
  void check_alternatives(const SchemaNode& schema, const JsonValue& value, const Trail* trail);
  void check_discriminated(const SchemaNode::Discriminator& discriminator, const JsonValue& value, const Trail* trail);
  void check_any(const std::vector<const SchemaNode*>& branches, const JsonValue& value, const Trail* trail);
  void check_one(const std::vector<const SchemaNode*>& branches, const JsonValue& value, const Trail* trail);
  bool fits(const SchemaNode& schema, const JsonValue& value, const Reading& reading);

  const Reading reading_;
  std::vector<Violation>* const out_;
  std::size_t found_;
  const std::size_t most_;
  Fits& known_;
  const SchemaNode* whole_ =
      nullptr;  // of the parts of an allOf: the schema that holds them all, for the next check alone
};

}  // namespace pgw::contract
