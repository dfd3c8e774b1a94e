#include "cache/load_shedding.h"

#include <algorithm>

namespace pgw::cache {

LoadShedding::Verdict LoadShedding::Mark::verdict(TimePoint now) const {
  const Duration wait(until.load(std::memory_order_relaxed) - now.time_since_epoch().count());
  if (wait <= Duration::zero()) return {};
  return {status.load(std::memory_order_relaxed), wait};
}

void LoadShedding::Mark::set(int its_status, TimePoint its_until) {
  status.store(its_status, std::memory_order_relaxed);
  until.store(its_until.time_since_epoch().count(), std::memory_order_relaxed);
}

LoadShedding::Verdict LoadShedding::verdict(KeyHash hash, TimePoint now) const {
  const Mark& mark = marks_[hash.low % kMarks];
  const Verdict of_key = mark.key.load(std::memory_order_relaxed) == hash.high ? mark.verdict(now) : Verdict{};
  const Verdict of_all = upstream_.verdict(now);
  return of_key.wait > of_all.wait ? of_key : of_all;
}

// One answer is noted twice, by its head and by its end. A key that has to wait is not asked, so what would prolong its
// time by less than Retry-After can say is the same answer.
void LoadShedding::note_shed(KeyHash hash, int status, TimePoint until) {
  Mark& mark = marks_[hash.low % kMarks];
  const bool is_noted =
      mark.key.load(std::memory_order_relaxed) == hash.high && mark.status.load(std::memory_order_relaxed) == status &&
      until < TimePoint(Duration(mark.until.load(std::memory_order_relaxed))) + std::chrono::seconds(1);
  mark.key.store(hash.high, std::memory_order_relaxed);
  mark.set(status, until);
  if (!is_noted && in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1 >= kAllOfIt) upstream_.set(status, until);
}

void LoadShedding::note_answer(KeyHash hash) {
  if (in_a_row_.load(std::memory_order_relaxed) != 0) in_a_row_.store(0, std::memory_order_relaxed);
  Mark& mark = marks_[hash.low % kMarks];
  if (mark.key.load(std::memory_order_relaxed) == hash.high) mark.set(0, TimePoint{});
}

void LoadShedding::forget() {
  for (Mark& mark : marks_) mark.set(0, TimePoint{});
  upstream_.set(0, TimePoint{});
  in_a_row_.store(0, std::memory_order_relaxed);
}

}  // namespace pgw::cache
