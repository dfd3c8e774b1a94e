// The compiled form of a schema object. Internal to contract/.
#pragma once

#include <bit>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "contract/formats.h"
#include "contract/json_value.h"
#include "contract/pattern.h"
#include "contract/python.h"
#include "contract/schema.h"

namespace pgw::contract {

enum class JsonType : std::uint8_t { null, boolean, integer, number, string, array, object };

/// A set of types. `integer` is a type of its own beside `number`, as documents write them.
class TypeSet {
 public:
  constexpr TypeSet() = default;
  constexpr TypeSet(std::initializer_list<JsonType> types) {
    for (const auto type : types) add(type);
  }
  static constexpr TypeSet all() {
    return {JsonType::null,   JsonType::boolean, JsonType::integer, JsonType::number,
            JsonType::string, JsonType::array,   JsonType::object};
  }

  constexpr void add(JsonType type) { bits_ = static_cast<std::uint8_t>(bits_ | bit(type)); }
  constexpr void add(TypeSet others) { bits_ = static_cast<std::uint8_t>(bits_ | others.bits_); }
  constexpr bool contains(JsonType type) const { return (bits_ & bit(type)) != 0; }
  constexpr bool is_empty() const { return bits_ == 0; }
  constexpr bool operator==(const TypeSet&) const = default;

  /// The type that it holds if that is one alone.
  constexpr std::optional<JsonType> only() const {
    return std::has_single_bit(bits_) ? std::optional(static_cast<JsonType>(std::countr_zero(bits_))) : std::nullopt;
  }

 private:
  static constexpr unsigned bit(JsonType type) { return 1U << static_cast<unsigned>(type); }

  std::uint8_t bits_ = 0;
};

struct Bound {
  Number value;
  nlohmann::json limit;  ///< the same as the document writes it, for messages
  bool exclusive = false;
};

/// One schema. A node never owns another: all live in the SchemaSet, so that `$ref` cycles are plain pointers.
class SchemaNode {
 public:
  struct Property {
    std::string name;
    const SchemaNode* schema = nullptr;
    bool required = false;
  };

  struct PatternProperty {
    std::shared_ptr<const Pattern> pattern;
    const SchemaNode* schema = nullptr;
  };

  struct Dependency {
    std::string name;                    ///< when this member is there,
    std::vector<std::string> required;   ///< these must be, too,
    const SchemaNode* schema = nullptr;  ///< and this holds for the object
  };

  struct Branch {
    const SchemaNode* schema = nullptr;
    std::string name;  ///< of the component
  };

  struct Discriminator {
    std::string property;
    std::map<std::string, Branch, std::less<>> by_value;
  };

  /// `if`, `then` and `else`; one of the last two may be null.
  struct Condition {
    const SchemaNode* test = nullptr;
    const SchemaNode* then = nullptr;
    const SchemaNode* otherwise = nullptr;
  };

  /// What the schema says of numbers.
  struct Numbers {
    std::optional<Bound> minimum;
    std::optional<Bound> maximum;
    std::optional<Number> multiple_of;
  };

  /// What stands in documents seldom, so that a node without it stays small.
  struct Rare {
    std::vector<const SchemaNode*> prefix_items;
    const SchemaNode* contains = nullptr;
    std::size_t min_contains = 1;
    std::optional<std::size_t> max_contains;
    std::vector<PatternProperty> pattern_properties;
    const SchemaNode* property_names = nullptr;
    std::vector<Dependency> dependencies;
    std::optional<Condition> condition;
    const SchemaNode* unevaluated_items = nullptr;
    const SchemaNode* unevaluated_properties = nullptr;
  };

  /// The schema that this one stands for. Once the compiler has settled it, one step leads there.
  const SchemaNode& resolved() const { return alias == nullptr ? *this : *alias; }

  const Property* find_property(std::string_view name) const;

  /// The type that the schema names, unless it names several; `null` beside another counts as `nullable`.
  std::optional<JsonType> type() const { return types.only(); }
  bool is_only_null() const { return types == TypeSet{JsonType::null}; }

  /// Whether some value that is right is of that type; and whether all of them are, but for null. As far as types are
  /// told: by the schema, by the parts that it holds with, by its alternatives.
  bool may_be(JsonType wanted) const;
  bool is_always(JsonType wanted) const;

  /// Calls `visit` with each schema that speaks of the same value, and with each that speaks of a part of it.
  template <typename Visit>
  void for_each_in_place(const Visit& visit) const;
  template <typename Visit>
  void for_each_below(const Visit& visit) const;

  std::uint32_t number = 0;           ///< its place in the SchemaSet
  const SchemaNode* alias = nullptr;  ///< set when the schema is nothing but another one: a bare `$ref`, say
  bool takes_nothing = false;         ///< the schema `false`
  TypeSet types;                      ///< empty: any
  TypeSet mentioned;                  ///< the types of it and of the schemas that hold with it, alternatives included
  bool nullable = false;
  bool read_only = false;
  bool write_only = false;

  /// Values of these types are at best of unknown fit, since a keyword that isn't enforced speaks of them.
  TypeSet undecided;

  /// Values of this kind are right without a further look: the schema says nothing but a plain type.
  std::optional<JsonValue::Kind> taken_at_once;

  /// A pair of this schema and a value may be met again on another way through the document: the verdict is kept, or
  /// the number of ways would multiply with each level of a body.
  bool is_remembered = false;

  std::optional<nlohmann::json> enumeration;  // an array
  bool is_literal = false;                    // an inline enum: pydantic's Literal; else a named Enum

  std::optional<std::size_t> min_length;
  std::optional<std::size_t> max_length;
  std::shared_ptr<const Pattern> pattern;
  std::optional<Format> format;
  bool is_binary = false;      ///< a text that stands for bytes, as the files of a form are
  bool is_time_delta = false;  ///< a number of seconds, which pydantic also reads from a duration

  std::unique_ptr<const Numbers> numbers;  ///< null: it says nothing of them

  const SchemaNode* items = nullptr;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;
  bool unique_items = false;

  std::vector<Property> properties;
  bool additional_allowed = true;
  bool speaks_of_additional = false;  ///< `additionalProperties` stands here, be it true
  const SchemaNode* additional = nullptr;
  std::optional<std::size_t> min_properties;
  std::optional<std::size_t> max_properties;

  std::vector<const SchemaNode*> all_of;
  std::vector<const SchemaNode*> any_of;
  std::vector<const SchemaNode*> one_of;
  const SchemaNode* negated = nullptr;
  std::unique_ptr<const Discriminator> discriminator;
  std::unique_ptr<Rare> rare;

 private:
  friend class SchemaCompiler;
  Rare& rare_part() {
    if (rare == nullptr) rare = std::make_unique<Rare>();
    return *rare;
  }

  using Index = std::unordered_map<std::string_view, std::size_t>;
  std::unique_ptr<const Index> index_;  // of `properties`, by name; null without any
};

template <typename Visit>
void SchemaNode::for_each_in_place(const Visit& visit) const {
  const auto visit_if_there = [&](const SchemaNode* node) {
    if (node != nullptr) visit(*node);
  };
  visit_if_there(alias);
  for (const auto* list : {&all_of, &any_of, &one_of}) {
    for (const auto* part : *list) visit(*part);
  }
  visit_if_there(negated);
  if (discriminator != nullptr) {
    for (const auto& [value, branch] : discriminator->by_value) visit(*branch.schema);
  }
  if (rare == nullptr) return;
  for (const auto& dependency : rare->dependencies) visit_if_there(dependency.schema);
  if (!rare->condition) return;
  visit_if_there(rare->condition->test);
  visit_if_there(rare->condition->then);
  visit_if_there(rare->condition->otherwise);
}

template <typename Visit>
void SchemaNode::for_each_below(const Visit& visit) const {
  const auto visit_if_there = [&](const SchemaNode* node) {
    if (node != nullptr) visit(*node);
  };
  visit_if_there(items);
  for (const auto& property : properties) visit_if_there(property.schema);
  visit_if_there(additional);
  if (rare == nullptr) return;
  for (const auto* item : rare->prefix_items) visit(*item);
  for (const auto& property : rare->pattern_properties) visit_if_there(property.schema);
  for (const auto* node :
       {rare->contains, rare->property_names, rare->unevaluated_items, rare->unevaluated_properties}) {
    visit_if_there(node);
  }
}

/// Owns nodes at stable addresses.
using SchemaSet = std::deque<SchemaNode>;

/// The path to the value under the eyes of the validator: a list on the stack, spelt out only when something is wrong.
struct Trail {
  const Trail* parent = nullptr;
  std::string_view name;
  std::int64_t index = -1;  // of an array's item; negative: `name` counts
};

/// Appends what is wrong with `value`, until `out` holds `most_violations`; each `loc` is `trail`, and what leads on
/// from it. Linear in the value.
inline constexpr std::size_t most_violations = 100;
void check_value(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const Reading& reading,
                 std::vector<Violation>& out);

}  // namespace pgw::contract
