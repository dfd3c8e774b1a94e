// What the tests of contract/ share: violations and problems as lines that can be compared, contracts and schemas from
// a text.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/contract.h"
#include "contract/schema.h"

namespace pgw::contract::test {

using Lines = std::vector<std::string>;
inline const Lines nothing;

/// "body.items.0: type_error.integer: value is not a valid integer", and then the ctx if there is one.
std::string line(const Violation& violation);
Lines lines(std::span<const Violation> violations);

/// As an operator reads them: "test.yaml:3:5: error: ...".
Lines lines(std::span<const Problem> problems);

/// The text as "test.yaml". It must be right; `contract` may have warnings.
std::shared_ptr<const Document> document(std::string_view yaml);
std::shared_ptr<const Contract> contract(std::string_view yaml, Coercion coercion = Coercion::pydantic);

/// What compiling the text as an OpenAPI document, or as one schema, reports.
Lines problems_of(std::string_view yaml);
Lines schema_problems_of(std::string_view yaml);

/// As pydantic v1 reads, and as JSON Schema says.
inline constexpr Reading as_request{Direction::request, Coercion::pydantic};
inline constexpr Reading as_response{Direction::response, Coercion::pydantic};
inline constexpr Reading strictly{Direction::request, Coercion::none};
inline constexpr Reading strict_response{Direction::response, Coercion::none};

/// Checks a JSON text against the schema at a pointer ("" for the whole) of a YAML text; each `loc` begins with "v".
Lines check(std::string_view yaml, std::string_view json, const Reading& reading = as_request,
            const std::string& where = "");

/// A request, in one go: `head` is "POST /v4/things?a=b", headers as they come, Content-Type among them.
struct Request {
  std::string head;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

/// The violations of a request that is routed; or "415 ...", why its body is not taken at all.
Lines check_request(const Contract& contract, const Request& request);

/// The bundled contract.
const Contract& projects(Coercion coercion = Coercion::pydantic);

}  // namespace pgw::contract::test
