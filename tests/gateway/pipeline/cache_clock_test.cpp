#include "gateway/pipeline/cache_clock.h"

#include <chrono>

#include "support/catch.h"

using namespace pgw::pipeline;
using namespace std::chrono_literals;

TEST_CASE("the cache's time goes by a clock that nobody sets, and begins with the wall clock's") {
  const auto moment = std::chrono::steady_clock::now();
  CHECK(cache_time(moment + 1h) - cache_time(moment) >= 1h - 1ms);
  CHECK(cache_time(moment + 1h) - cache_time(moment) <= 1h + 1ms);
  // Nobody has set the wall clock of this machine by a minute since the test began.
  CHECK(std::chrono::abs(wall_ahead()) < 1min);
}
