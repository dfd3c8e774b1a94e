#include "gateway/pipeline/phases.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace pgw::pipeline;

TEST_CASE("the phases stand in the order that the documentation tells") {
  std::vector<std::string> names;
  for (const auto& phase : phases()) names.emplace_back(phase.name);
  CHECK(names == std::vector<std::string>{"identify", "limit-all", "admit", "route", "authorize", "validate", "cache",
                                          "limit-upstream", "upstream"});
}

TEST_CASE("whoever may not call is refused before the body is read") {
  CHECK(std::ranges::is_sorted(phases(), {}, &Phase::moment));
  CHECK(phases()[4].moment == Moment::head);
  CHECK(phases()[5].moment == Moment::request);
}
