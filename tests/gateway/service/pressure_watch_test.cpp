#include "gateway/service/pressure_watch.h"

#include <cstdint>

#include "support/catch.h"

namespace pgw::service::test {
namespace {

using namespace std::chrono_literals;
using Kind = PressureReport::Kind;

http::Pressure::Figures refused(std::uint64_t count) {
  return {.refused = count};
}

// A second for each look.
class Watch {
 public:
  std::optional<PressureReport> look(std::uint64_t count) { return watch_.look(refused(count), now_ += 1s); }

 private:
  PressureWatch watch_;
  PressureWatch::Clock::time_point now_{};
};

TEST_CASE("nothing is said while nobody is turned away") {
  Watch watch;
  for (int second = 0; second < 200; ++second) REQUIRE_FALSE(watch.look(0));
}

TEST_CASE("the first connection that is turned away is said at once") {
  Watch watch;
  watch.look(0);
  const auto report = watch.look(3);
  REQUIRE(report);
  CHECK(report->kind == Kind::began);
  CHECK(report->since.refused == 3);
}

TEST_CASE("a flood makes a line a minute, with what came since the last") {
  Watch watch;
  std::uint64_t count = 0;
  REQUIRE(watch.look(count += 100));
  for (int second = 1; second < 60; ++second) REQUIRE_FALSE(watch.look(count += 100));
  const auto report = watch.look(count += 100);
  REQUIRE(report);
  CHECK(report->kind == Kind::goes_on);
  CHECK(report->since.refused == 6000);
}

TEST_CASE("a minute without is said once, after what came last, and then it may begin again") {
  Watch watch;
  REQUIRE(watch.look(1));
  CHECK_FALSE(watch.look(5));
  for (int second = 2; second < 60; ++second) REQUIRE_FALSE(watch.look(5));
  const auto last = watch.look(5);
  REQUIRE(last);
  CHECK(last->kind == Kind::goes_on);
  CHECK(last->since.refused == 4);
  const auto report = watch.look(5);
  REQUIRE(report);
  CHECK(report->kind == Kind::ended);
  CHECK(report->since.refused == 0);
  CHECK_FALSE(watch.look(5));
  const auto again = watch.look(6);
  REQUIRE(again);
  CHECK(again->kind == Kind::began);
  CHECK(again->since.refused == 1);
}

}  // namespace
}  // namespace pgw::service::test
