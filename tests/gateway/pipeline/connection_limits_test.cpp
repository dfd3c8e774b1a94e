#include "gateway/pipeline/connection_limits.h"

#include "support/catch.h"

using namespace pgw;

TEST_CASE("an operation has its own limit of a body, or everybody's") {
  config::Settings settings;
  settings.limits.max_body = 1000;
  settings.operations["upload"].max_body = 5000;
  settings.operations["slow"].timeout = std::chrono::seconds(9);
  CHECK(pipeline::max_body(settings, "upload") == 5000);
  CHECK(pipeline::max_body(settings, "slow") == 1000);
  CHECK(pipeline::max_body(settings, "list") == 1000);
}
