#include "gateway/upstream/breaker.h"

#include <vector>

#include "support/catch.h"

using pgw::upstream::Breaker;
using namespace std::chrono_literals;

namespace {

constexpr Breaker::TimePoint start{};

void fail(Breaker& breaker, int times, Breaker::TimePoint now) {
  for (int i = 0; i < times; ++i) {
    REQUIRE(breaker.allows(now));
    breaker.failed(now);
  }
}

}  // namespace

TEST_CASE("a breaker opens after so many failures in a row, and only then") {
  Breaker breaker({.failures = 3, .open_for = 5s});
  fail(breaker, 2, start);
  breaker.succeeded();
  fail(breaker, 2, start);
  CHECK(breaker.allows(start));
  breaker.failed(start);
  CHECK_FALSE(breaker.allows(start));
  CHECK_FALSE(breaker.allows(start + 4999ms));
}

TEST_CASE("an open breaker lets one probe through when its time is over") {
  Breaker breaker({.failures = 3, .open_for = 5s});
  fail(breaker, 3, start);
  CHECK(breaker.allows(start + 5s));
  CHECK_FALSE(breaker.allows(start + 5s));

  SECTION("a probe that succeeds closes it") {
    breaker.succeeded();
    CHECK(breaker.allows(start + 5s));
    CHECK(breaker.allows(start + 5s));
  }
  SECTION("a probe that fails opens it for as long again") {
    breaker.failed(start + 5s);
    CHECK_FALSE(breaker.allows(start + 9999ms));
    CHECK(breaker.allows(start + 10s));
  }
  SECTION("a probe whose caller left makes room for another") {
    breaker.cancelled();
    CHECK(breaker.allows(start + 5s));
  }
}

TEST_CASE("a breaker tells when it opens and when it closes, and nothing of the probes between") {
  std::vector<bool> told;
  Breaker breaker({.failures = 2, .open_for = 5s, .on_change = [&told](bool open) { told.push_back(open); }});
  breaker.succeeded();
  fail(breaker, 2, start);
  breaker.failed(start);  // was under way when it opened
  CHECK(told == std::vector<bool>{true});
  fail(breaker, 1, start + 5s);
  CHECK(told == std::vector<bool>{true});
  breaker.succeeded();
  breaker.succeeded();
  CHECK(told == std::vector<bool>{true, false});
  fail(breaker, 2, start + 20s);
  CHECK(told == std::vector<bool>{true, false, true});
}

TEST_CASE("a breaker with no failures to count never opens") {
  bool told = false;
  Breaker breaker({.failures = 0, .open_for = 5s, .on_change = [&told](bool) { told = true; }});
  for (int i = 0; i < 100; ++i) breaker.failed(start);
  CHECK(breaker.allows(start));
  CHECK_FALSE(told);
}
