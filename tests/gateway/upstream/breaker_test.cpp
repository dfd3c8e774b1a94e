#include "gateway/upstream/breaker.h"

#include <vector>

#include "support/catch.h"

using pgw::upstream::Breaker;
using namespace std::chrono_literals;

namespace {

constexpr Breaker::TimePoint start{};
constexpr std::size_t list = 0;
constexpr std::size_t get = 1;

void fail(Breaker& breaker, int times, Breaker::TimePoint now, std::size_t operation = list) {
  for (int i = 0; i < times; ++i) {
    const auto permit = breaker.allows(operation, now);
    REQUIRE(permit);
    breaker.failed(permit, now);
  }
}

}  // namespace

TEST_CASE("a breaker opens after so many failures in a row, and only then") {
  Breaker breaker({.failures = 3, .open_for = 5s});
  fail(breaker, 2, start);
  breaker.succeeded(breaker.allows(list, start));
  fail(breaker, 3, start);
  CHECK_FALSE(breaker.allows(list, start));
  CHECK_FALSE(breaker.allows(list, start + 4999ms));
}

TEST_CASE("one operation that fails says nothing of the others, but nobody is asked who can't be reached") {
  Breaker breaker({.failures = 3, .open_for = 5s});
  fail(breaker, 3, start);
  CHECK_FALSE(breaker.allows(list, start));
  CHECK(breaker.allows(get, start));
  for (int i = 0; i < 3; ++i) breaker.unreachable(breaker.allows(get, start), start);
  CHECK_FALSE(breaker.allows(get, start));
}

TEST_CASE("an open breaker lets one trial through when its time is over") {
  Breaker breaker({.failures = 3, .open_for = 5s});
  const auto before = breaker.allows(list, start);
  fail(breaker, 3, start);
  const auto trial = breaker.allows(list, start + 5s);
  REQUIRE(trial);
  CHECK_FALSE(breaker.allows(list, start + 5s));

  SECTION("a trial that succeeds closes it") {
    breaker.succeeded(trial);
    CHECK(breaker.allows(list, start + 5s));
    CHECK(breaker.allows(list, start + 5s));
  }
  SECTION("a trial that fails opens it for as long again") {
    breaker.failed(trial, start + 5s);
    CHECK_FALSE(breaker.allows(list, start + 9999ms));
    CHECK(breaker.allows(list, start + 10s));
  }
  SECTION("a trial whose caller left makes room for another") {
    breaker.cancelled(trial);
    CHECK(breaker.allows(list, start + 5s));
  }
  SECTION("what began before it opened makes room for none, however it ends") {
    breaker.failed(before, start + 5s);
    CHECK_FALSE(breaker.allows(list, start + 5s));
    breaker.succeeded(before);
    CHECK_FALSE(breaker.allows(list, start + 5s));
    breaker.cancelled(before);
    CHECK_FALSE(breaker.allows(list, start + 5s));
  }
}

TEST_CASE("a breaker tells when it opens and when it closes, and nothing of the trials between") {
  std::vector<bool> told;
  Breaker breaker({.failures = 2, .open_for = 5s, .on_change = [&told](bool open) { told.push_back(open); }});
  breaker.succeeded(breaker.allows(list, start));
  const auto before = breaker.allows(list, start);
  fail(breaker, 2, start);
  breaker.failed(before, start);
  CHECK(told == std::vector<bool>{true});
  fail(breaker, 2, start, get);
  fail(breaker, 1, start + 5s);
  breaker.succeeded(breaker.allows(list, start + 10s));
  CHECK(told == std::vector<bool>{true});
  breaker.succeeded(breaker.allows(get, start + 10s));
  CHECK(told == std::vector<bool>{true, false});
  fail(breaker, 2, start + 20s);
  CHECK(told == std::vector<bool>{true, false, true});
}

TEST_CASE("a breaker with no failures to count never opens") {
  bool told = false;
  Breaker breaker({.failures = 0, .open_for = 5s, .on_change = [&told](bool) { told = true; }});
  for (int i = 0; i < 100; ++i) breaker.failed(breaker.allows(list, start), start);
  CHECK(breaker.allows(list, start));
  CHECK_FALSE(told);
}
