// One thing wrong with a request (or a response), in the words of FastAPI with pydantic v1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

namespace pgw::contract {

/// Where in a message a value sits: the first part of every `loc`.
enum class Location { path, query, header, body };
std::string_view to_string(Location location);

/// A property's name or an item's index.
using LocPart = std::variant<std::string, std::int64_t>;

// NOLINTNEXTLINE(bugprone-exception-escape): to make or move a JSON value that owns nothing throws nothing
struct Violation {
  std::vector<LocPart> loc;  ///< ["body", "records", 0, "name"]
  std::string msg;           ///< for a person
  std::string type;          ///< stable: "value_error.missing"
  nlohmann::json ctx;        ///< the limits that were exceeded; null when there are none
};

/// `{"detail":[{"loc":[...],"msg":"...","type":"..."}]}`, with `ctx` where there is one: the body of a 422.
std::string validation_error_body(std::span<const Violation> violations);

/// The same as problem details (RFC 9457): `errors` holds for each violation its `detail` and `type`, where it is
/// (`in`, and of a parameter its `name`), and a JSON pointer into the body or the parameter's value
/// ("#/records/0/name").
std::string validation_problem_body(std::span<const Violation> violations);

}  // namespace pgw::contract
