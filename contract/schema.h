// A schema object of OpenAPI 3.0, compiled.
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

/// How a value is read.
struct Reading {
  Direction direction = Direction::request;
  bool coerce = true;           ///< as pydantic v1 does: "12" is an integer, 12 a string, "yes" a boolean
  bool null_is_absence = true;  ///< of an optional property, `nullable` or not: generators drop the word
};

/// Immutable, thread-safe. Keeps what it references alive.
class Schema {
 public:
  struct Outcome {
    std::shared_ptr<const Schema> schema;  ///< null if any problem is an error
    std::vector<Problem> problems;
  };

  /// Compiles the schema at `where`; `$ref`s are resolved within the document, cycles included.
  static Outcome compile(const Document& document, const nlohmann::json::json_pointer& where);

  /// Appends what is wrong with `value`, at most 100 violations in all; each `loc` begins with `prefix`.
  void validate(const nlohmann::json& value, const std::vector<LocPart>& prefix, std::vector<Violation>& out,
                const Reading& reading = {}) const;

  Schema(const SchemaNode* root, std::shared_ptr<const void> owner) : root_(root), owner_(std::move(owner)) {}

 private:
  const SchemaNode* root_;
  std::shared_ptr<const void> owner_;
};

}  // namespace pgw::contract
