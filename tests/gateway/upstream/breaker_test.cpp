#include "gateway/upstream/breaker.h"

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
  CHECK(breaker.is_open(start));
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

TEST_CASE("a breaker with no failures to count never opens") {
  Breaker breaker({.failures = 0, .open_for = 5s});
  for (int i = 0; i < 100; ++i) breaker.failed(start);
  CHECK(breaker.allows(start));
  CHECK_FALSE(breaker.is_open(start));
}
