// Contracts from a text, for the tests of the pipeline's parts.
#pragma once

#include <memory>
#include <string_view>

#include "contract/contract.h"
#include "support/catch.h"

namespace pgw::pipeline::test {

/// The text as "test.yaml". It must be right.
inline std::shared_ptr<const contract::Contract> contract_of(std::string_view yaml) {
  const auto read = contract::Document::parse(yaml, "test.yaml");
  REQUIRE(read.document != nullptr);
  auto compiled = contract::Contract::compile(*read.document);
  for (const auto& problem : compiled.problems) UNSCOPED_INFO(contract::to_string(problem));
  REQUIRE(compiled.contract != nullptr);
  return compiled.contract;
}

}  // namespace pgw::pipeline::test
