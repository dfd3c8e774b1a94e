// The checker itself, on histories written by hand: it must neither overlook nor invent.
#include "consistency/history.h"

#include <optional>
#include <string>

#include "support/catch.h"

using namespace pgw::consistency;

namespace {

Time at(int moment) {
  return Time(std::chrono::milliseconds(moment));
}

Write wrote(Value value, int began, int ended, bool answered = true) {
  return {0, value, at(began), at(ended), answered};
}

Observation saw(Value value, int began, int ended) {
  return {0, value, at(began), at(ended)};
}

struct Case {
  const char* name;
  std::vector<Write> writes;
  std::vector<Observation> observations;
  std::optional<Wrong> last;  // what is wrong with the last observation; with the others nothing is
};

const Write kFirst = wrote(1, 0, 1);

}  // namespace

TEST_CASE("An unanswered write ends when it took effect, and is judged only within what a gateway can promise") {
  const auto [effect, seen_at, is_stale] = GENERATE(table<int, int, bool>({
      {30, 31, true},     // seen after the effect: the old value is stale
      {30, 29, false},    // and before it isn't
      {120, 500, false},  // later than promised: not judged
      {-1, 500, false},   // never
  }));
  CAPTURE(effect, seen_at);
  History history;
  history.writes = {kFirst, wrote(2, 10, 20, false)};
  history.writes.back().request = "lost";
  history.observations = {saw(2, 600, 601), saw(1, seen_at, seen_at + 1)};
  const auto time_of_effect = [effect = effect](const std::string& request) {
    CHECK(request == "lost");
    return effect < 0 ? std::nullopt : std::optional(at(effect));
  };
  settle_unanswered(history, time_of_effect, std::chrono::milliseconds(100));
  CHECK(check(history).size() == (is_stale ? 1 : 0));
}

TEST_CASE("A history is judged by what is certain") {
  const auto one = GENERATE(values<Case>({
      {"the last value", {kFirst, wrote(2, 10, 20)}, {saw(2, 21, 22)}, {}},
      {"the old value after its overwriter was answered", {kFirst, wrote(2, 10, 20)}, {saw(1, 21, 22)}, Wrong::stale},
      {"the old value while its overwriter runs", {kFirst, wrote(2, 10, 20)}, {saw(1, 19, 30)}, {}},
      {"the new value while its write runs", {kFirst, wrote(2, 10, 20)}, {saw(2, 11, 12)}, {}},
      {"old after new while the write runs", {kFirst, wrote(2, 10, 20)}, {saw(2, 11, 12), saw(1, 13, 14)}, {}},
      {"a value before its write began", {kFirst, wrote(2, 10, 20)}, {saw(2, 3, 9)}, Wrong::future},
      {"a value that nobody wrote", {kFirst}, {saw(7, 3, 9)}, Wrong::unwritten},
      {"either of two concurrent writes",
       {kFirst, wrote(2, 10, 20), wrote(3, 15, 25)},
       {saw(2, 30, 31), saw(3, 32, 33)},
       {}},
      {"what both concurrent writes replaced",
       {kFirst, wrote(2, 10, 20), wrote(3, 15, 25)},
       {saw(1, 22, 23)},
       Wrong::stale},
      {"a long write that a short one within it can't outdate",
       {kFirst, wrote(2, 5, 50), wrote(3, 10, 20)},
       {saw(2, 60, 61)},
       {}},
      {"an overwritten value, hidden behind a long early write",
       {wrote(1, 10, 11), wrote(2, 20, 21), wrote(3, 0, 30)},
       {saw(1, 40, 41)},
       Wrong::stale},
      {"an unanswered write that was never seen", {kFirst, wrote(2, 10, 20, false)}, {saw(1, 90, 91)}, {}},
      {"an unanswered write that took effect late",
       {kFirst, wrote(2, 10, 50, false), wrote(3, 20, 30)},
       {saw(3, 31, 32), saw(2, 40, 41)},
       {}},
      {"before the bound of an unanswered write that was seen",
       {kFirst, wrote(2, 10, 50, false)},
       {saw(2, 12, 13), saw(1, 49, 60)},
       {}},
      {"after the bound of an unanswered write that was seen",
       {kFirst, wrote(2, 10, 50, false)},
       {saw(2, 12, 13), saw(1, 51, 60)},
       Wrong::stale},
      {"an unanswered write that an answered one replaced",
       {kFirst, wrote(2, 10, 20, false), wrote(3, 30, 40)},
       {saw(2, 41, 42)},
       Wrong::stale},
  }));
  CAPTURE(one.name);
  const auto violations = check({one.writes, one.observations, {}});
  REQUIRE(violations.size() == (one.last ? 1U : 0U));
  if (!one.last) return;
  CHECK(violations[0].wrong == *one.last);
  CHECK(violations[0].seen.began == one.observations.back().began);
}

TEST_CASE("Registers don't mix") {
  History history{{{0, 1, at(0), at(1)}, {1, 1, at(0), at(1)}, {1, 2, at(10), at(20)}}, {}, {}};
  history.observations = {{0, 1, at(30), at(31)}, {1, 1, at(30), at(31)}};
  const auto violations = check(history);
  REQUIRE(violations.size() == 1);
  CHECK(violations[0].seen.target == 1);
}

TEST_CASE("Merged histories keep their reads apart") {
  History all{{kFirst}, {saw(1, 2, 3)}, {"first"}};
  all.merge({{wrote(2, 4, 5)}, {saw(1, 6, 7)}, {"second"}});
  const auto violations = check(all);
  REQUIRE(violations.size() == 1);
  CHECK(describe(violations[0], all).find("second saw 1 in register 0, though 2 had been written 1000 us") == 0);
}

TEST_CASE("A value that is written twice can't be judged") {
  CHECK_THROWS_AS(check({{kFirst, wrote(1, 5, 6)}, {}, {}}), std::invalid_argument);
}
