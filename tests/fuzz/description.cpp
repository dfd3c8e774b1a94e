// An API description from its text to its verdicts. Promise: whatever is written there, problems are told and requests
// are answered.
#include <nlohmann/json.hpp>

#include "contract/contract.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = pgw::contract::Document::parse(pgw::fuzz::text_of(data, size), "input");
  for (const auto& problem : read.problems) static_cast<void>(pgw::contract::to_string(problem));
  if (read.document == nullptr) return 0;
  const auto compiled = pgw::contract::Contract::compile(*read.document);
  for (const auto& problem : compiled.problems) static_cast<void>(pgw::contract::to_string(problem));
  if (compiled.contract == nullptr) return 0;
  for (const auto& operation : compiled.contract->operations()) {
    const auto route =
        compiled.contract->match(operation.method(), compiled.contract->base_path() + operation.path_template());
    if (route.status == pgw::contract::Route::Status::found) {
      static_cast<void>(compiled.contract->validate_request({route.match, "a=1&a=b&c", {}, "application/json", {}}));
    }
    for (const char* body : {"{}", "[[1, 2.5e3], {\"a\": null}]", R"({"a": {"a": {"a": [true, "x"]}}})", "7"}) {
      static_cast<void>(compiled.contract->validate_body(operation, body));
      static_cast<void>(compiled.contract->validate_response(operation, 200, "application/json", body));
    }
  }
  return 0;
}
