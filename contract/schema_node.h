// The compiled form of a schema object. Internal to contract/.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "contract/formats.h"
#include "contract/json_value.h"
#include "contract/python.h"
#include "contract/schema.h"

namespace pgw::contract {

enum class JsonType { string, integer, number, boolean, array, object };

struct Bound {
  Number value;
  nlohmann::json limit;  ///< the same as the document writes it, for messages
  bool exclusive = false;
};

struct Pattern {
  Pattern(std::string written, const std::string& as_re2, const re2::RE2::Options& options)
      : source(std::move(written)), expression(as_re2, options) {}

  std::string source;  ///< as the document writes it
  re2::RE2 expression;
};

/// One schema. A node never owns another: all live in the SchemaSet, so that `$ref` cycles are plain pointers.
class SchemaNode {
 public:
  struct Property {
    std::string name;
    const SchemaNode* schema = nullptr;
    bool required = false;
  };

  struct Branch {
    const SchemaNode* schema = nullptr;
    std::string name;  ///< of the component
  };

  struct Discriminator {
    std::string property;
    std::map<std::string, Branch, std::less<>> by_value;
  };

  /// The schema that this one stands for. While a document is being compiled, an erroneous one may go in circles: hence
  /// the bound.
  const SchemaNode& resolved() const {
    const SchemaNode* node = this;
    for (int steps = 0; node->alias != nullptr && steps < most_aliases; ++steps) node = node->alias;
    return *node;
  }

  const Property* find_property(std::string_view name) const;

  /// Whether some value that is right is of that type; and whether all of them are. As far as types are told: by the
  /// schema, by the parts that it holds with, by its alternatives. Not where it contains itself.
  bool may_be(JsonType wanted) const;
  bool is_always(JsonType wanted) const;

  static constexpr int most_aliases = 100;
  const SchemaNode* alias =
      nullptr;  ///< set when the schema is nothing but another one: a bare `$ref`, or `allOf` of one
  std::optional<JsonType> type;
  bool nullable = false;
  bool read_only = false;
  bool write_only = false;

  std::optional<nlohmann::json> enumeration;  // an array
  bool is_literal = false;                    // an inline enum: pydantic's Literal; else a named Enum

  std::optional<std::size_t> min_length;
  std::optional<std::size_t> max_length;
  std::shared_ptr<const Pattern> pattern;
  std::optional<Format> format;

  std::optional<Bound> minimum;
  std::optional<Bound> maximum;
  std::optional<Number> multiple_of;

  const SchemaNode* items = nullptr;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;
  bool unique_items = false;

  std::vector<Property> properties;
  bool additional_allowed = true;
  const SchemaNode* additional = nullptr;
  std::optional<std::size_t> min_properties;
  std::optional<std::size_t> max_properties;

  std::vector<const SchemaNode*> all_of;
  std::vector<const SchemaNode*> any_of;
  std::vector<const SchemaNode*> one_of;
  const SchemaNode* negated = nullptr;
  std::optional<Discriminator> discriminator;

 private:
  friend class SchemaCompiler;
  std::unordered_map<std::string_view, std::size_t> index_;  // of `properties`, by name
};

/// Owns nodes at stable addresses.
using SchemaSet = std::deque<SchemaNode>;

/// The path to the value under the eyes of the validator: a list on the stack, spelt out only when something is wrong.
struct Trail {
  const Trail* parent = nullptr;
  std::string_view name;
  std::int64_t index = -1;  // of an array's item; negative: `name` counts
};

/// Appends what is wrong with `value`, until `out` holds `most_violations`; each `loc` is `trail`, and what leads on
/// from it.
inline constexpr std::size_t most_violations = 100;
void check_value(const SchemaNode& schema, const JsonValue& value, const Trail* trail, const Reading& reading,
                 std::vector<Violation>& out);

}  // namespace pgw::contract
