// Requests against the bundled description: routes, query, fields, JSON and form bodies. The input's lines are method,
// path, query, Content-Type and one further field's value; what follows is the body. Promise: reading never throws, and
// reading twice says the same.
#include <array>
#include <utility>

#include "contract/contract.h"
#include "tests/fuzz/fuzz.h"

namespace {

std::shared_ptr<const pgw::contract::Contract> bundled() {
  const auto read = pgw::contract::Document::read(PGW_CONTRACT);
  pgw::fuzz::promise(read.document != nullptr, "the bundled description can be read");
  return pgw::contract::Contract::compile(*read.document).contract;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto contract = bundled();
  const auto lines = pgw::fuzz::lines_of(pgw::fuzz::text_of(data, size), 6);
  const auto route = contract->match(lines[0], lines[1]);
  if (route.status != pgw::contract::Route::Status::found) return 0;
  pgw::fuzz::promise(route.match.operation != nullptr, "what is found is an operation");
  const std::array<std::pair<std::string_view, std::string_view>, 1> fields{{{"x-field", lines[4]}}};
  const pgw::contract::RequestView request{route.match, lines[2], fields, lines[3], lines[5]};
  const auto verdict = contract->validate_request(request);
  pgw::fuzz::promise(verdict.empty() == contract->validate_request(request).empty(), "a verdict is the same each time");
  static_cast<void>(contract->validate_response(*route.match.operation, 200, lines[3], lines[5]));
  return 0;
}
