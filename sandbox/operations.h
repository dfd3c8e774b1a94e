// The 18 operations by their operationId: from a request that the contract has passed to the subject functions.
#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/violation.h"
#include "sandbox/store.h"

namespace pgw::sandbox {

/// A request that its contract has found right.
struct Call {
  const std::vector<std::string>& path_values;  ///< decoded, in the order of the template
  std::string_view query;                       ///< raw
  const Json& body;                             ///< null if there is none
};

/// A body that the contract doesn't describe and that turned out wrong: answered with 422 like any other.
class InvalidBody : public std::exception {
 public:
  explicit InvalidBody(std::vector<contract::Violation> violations) : violations_(std::move(violations)) {}
  const std::vector<contract::Violation>& violations() const { return violations_; }
  const char* what() const noexcept override { return "invalid body"; }

 private:
  std::vector<contract::Violation> violations_;
};

struct Operation {
  std::string_view id;
  int status;        ///< of success
  bool has_content;  ///< of the answer
  bool takes_body;
  /// The answer's body. Throws Refusal and InvalidBody.
  Json (*run)(Session& session, const Call& call);
};

std::span<const Operation> all_operations();

/// Null for an operation that the stand-in doesn't know.
const Operation* find_operation(std::string_view id);

}  // namespace pgw::sandbox
