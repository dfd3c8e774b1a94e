// A schema object of OpenAPI 3.0 or 3.1, compiled.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "contract/document.h"
#include "contract/violation.h"

namespace pgw::contract {

class SchemaNode;

/// Which way a value travels: `readOnly` properties are not asked of requests, `writeOnly` ones not of responses.
enum class Direction { request, response };

/// Whose reading of a request counts.
enum class Coercion {
  none,     ///< JSON as JSON Schema says, patterns as ECMA 262 says
  pydantic  ///< as pydantic v1 does: "12" is an integer, 12 a string, "yes" a boolean; patterns are Python's
};

/// How a value is read. A response is read as it stands, whatever the coercion: that only chooses the words for it and
/// whether a discriminator decides.
struct Reading {
  Direction direction = Direction::request;
  Coercion coercion = Coercion::none;
  bool null_is_absence = false;  ///< of an optional property, whatever its type, as an empty value of a YAML file is
};

/// Immutable, thread-safe. Keeps what it references alive.
class Schema {
 public:
  struct Outcome {
    std::shared_ptr<const Schema> schema;  ///< null if any problem is an error
    std::vector<Problem> problems;
  };

  /// Compiles the schema at `where`; `$ref`s are resolved within the document, cycles included. `coercion` says whose
  /// regular expressions the patterns are.
  static Outcome compile(const Document& document, const nlohmann::json::json_pointer& where,
                         Coercion coercion = Coercion::none);

  /// Appends what is wrong with `value`, at most 100 violations in all; each `loc` begins with `prefix`. The cost is
  /// linear in the value, whatever the schema.
  void validate(const nlohmann::json& value, const std::vector<LocPart>& prefix, std::vector<Violation>& out,
                const Reading& reading = {}) const;

  Schema(const SchemaNode* root, std::shared_ptr<const void> owner) : root_(root), owner_(std::move(owner)) {}

 private:
  const SchemaNode* root_;
  std::shared_ptr<const void> owner_;
};

}  // namespace pgw::contract
