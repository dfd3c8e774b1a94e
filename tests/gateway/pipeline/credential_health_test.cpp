#include "gateway/pipeline/credential_health.h"

#include <vector>

#include "support/catch.h"

using namespace pgw::pipeline;
using namespace std::chrono_literals;

namespace {
const std::chrono::steady_clock::time_point some_time{1h};
}

TEST_CASE("a 401 to the gateway's own credential is a refusal at once, until it is taken again") {
  std::vector<bool> told;
  CredentialHealth health([&](bool refused) { told.push_back(refused); });
  CHECK_FALSE(health.is_refusal(200, 0, some_time));
  for (int i = 0; i < 1000; ++i) CHECK(health.is_refusal(401, 0, some_time + i * 1ms));
  CHECK(health.is_refused());
  CHECK(told == std::vector<bool>{true});
  CHECK(health.is_refusal(401, 0, some_time + 61s));
  CHECK_FALSE(health.is_refusal(502, 0, some_time + 62s));
  CHECK(health.is_refused());
  CHECK_FALSE(health.is_refusal(404, 0, some_time + 63s));
  CHECK_FALSE(health.is_refused());
  CHECK(told == std::vector<bool>{true, true, false});
}

TEST_CASE("a 403 is the caller's, unless it is the twentieth in a row over two operations") {
  CredentialHealth health;
  for (unsigned i = 0; i < 100; ++i) CHECK_FALSE(health.is_refusal(403, 7, some_time));
  CHECK(health.is_refusal(403, 8, some_time));
  CHECK(health.is_refused());
  CHECK_FALSE(health.is_refusal(200, 7, some_time));
  for (unsigned i = 0; i + 1 < CredentialHealth::forbidden_in_a_row; ++i)
    CHECK_FALSE(health.is_refusal(403, i, some_time));
  CHECK_FALSE(health.is_refusal(204, 7, some_time));
  CHECK_FALSE(health.is_refusal(403, 1, some_time));
}
