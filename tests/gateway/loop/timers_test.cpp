#include "gateway/loop/timers.h"

#include <chrono>
#include <string>
#include <vector>

#include "support/catch.h"

namespace pgw::loop::test {
namespace {

using namespace std::chrono_literals;

const TimerQueue::TimePoint t0{1h};

TEST_CASE("timers run when due, the earliest first, equal ones in the order of addition") {
  TimerQueue timers;
  std::string ran;
  timers.add(t0 + 3ms, [&] { ran += 'd'; });
  timers.add(t0 + 1ms, [&] { ran += 'a'; });
  timers.add(t0 + 2ms, [&] { ran += 'b'; });
  timers.add(t0 + 2ms, [&] { ran += 'c'; });
  CHECK(timers.next() == t0 + 1ms);
  timers.run_due(t0);
  CHECK(ran.empty());
  timers.run_due(t0 + 2ms);
  CHECK(ran == "abc");
  timers.run_due(t0 + 1h);
  CHECK(ran == "abcd");
  CHECK(timers.next() == TimerQueue::TimePoint::max());
}

TEST_CASE("a cancelled timer never runs, and its id stays dead when its slot is reused") {
  TimerQueue timers;
  int ran = 0;
  const auto first = timers.add(t0, [&] { ran += 1; });
  timers.cancel(first);
  const auto second = timers.add(t0, [&] { ran += 10; });
  CHECK(first != second);
  timers.cancel(first);
  timers.cancel(0);
  timers.run_due(t0);
  CHECK(ran == 10);
  timers.cancel(second);
  CHECK(timers.size() == 0);
}

TEST_CASE("what a callback adds waits for the next call even if due") {
  TimerQueue timers;
  int ran = 0;
  timers.add(t0, [&] {
    ++ran;
    timers.add(t0, [&] { ++ran; });
  });
  timers.run_due(t0);
  CHECK(ran == 1);
  CHECK(timers.next() == t0);
  timers.run_due(t0);
  CHECK(ran == 2);
}

TEST_CASE("a callback may cancel another that is due too") {
  TimerQueue timers;
  int ran = 0;
  TimerQueue::Id second = 0;
  timers.add(t0, [&] { timers.cancel(second); });
  second = timers.add(t0, [&] { ++ran; });
  timers.run_due(t0);
  CHECK(ran == 0);
}

TEST_CASE("cancelling many leaves the others in order") {
  TimerQueue timers;
  std::vector<int> ran;
  std::vector<TimerQueue::Id> ids;
  for (int i = 0; i < 1000; ++i)
    ids.push_back(timers.add(t0 + std::chrono::milliseconds(i), [&ran, i] { ran.push_back(i); }));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % 10 != 0) timers.cancel(ids[i]);
  }
  timers.run_due(t0 + 1h);
  REQUIRE(ran.size() == 100);
  for (std::size_t i = 0; i < ran.size(); ++i) CHECK(ran[i] == static_cast<int>(i) * 10);
}

}  // namespace
}  // namespace pgw::loop::test
