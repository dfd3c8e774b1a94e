#include "consistency/history.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <unordered_map>

namespace pgw::consistency {
namespace {

// The writes of one register, prepared to tell which value had surely been overwritten at a given time.
class Timeline {
 public:
  void add(const Write& write) {
    if (!by_value_.emplace(write.value, write).second) {
      throw std::invalid_argument("value " + std::to_string(write.value) + " of register " +
                                  std::to_string(write.target) + " was written twice");
    }
  }

  void note_seen(Value value) { seen_.insert(value); }

  // To be called once, after all writes and what was seen are known.
  void prepare() {
    for (const auto& [value, write] : by_value_) {
      if (write.answered || seen_.count(value) > 0) certain_.push_back(&write);
    }
    std::sort(certain_.begin(), certain_.end(), [](const Write* a, const Write* b) { return a->ended < b->ended; });
    const Write* latest = nullptr;
    for (const Write* write : certain_) {
      if (latest == nullptr || write->began > latest->began) latest = write;
      latest_begun_.push_back(latest);
    }
  }

  const Write* writer_of(Value value) const {
    const auto found = by_value_.find(value);
    return found == by_value_.end() ? nullptr : &found->second;
  }

  // Of the writes that had ended before `time` the one that began last; null when there is none.
  const Write* last_before(Time time) const {
    const auto end = std::lower_bound(certain_.begin(), certain_.end(), time,
                                      [](const Write* write, Time limit) { return write->ended < limit; });
    return end == certain_.begin() ? nullptr : latest_begun_[static_cast<std::size_t>(end - certain_.begin()) - 1];
  }

 private:
  std::map<Value, Write> by_value_;
  std::set<Value> seen_;
  std::vector<const Write*> certain_;  // those that surely took effect, by their ends
  std::vector<const Write*> latest_begun_;
};

using Timelines = std::unordered_map<Register, Timeline>;

Timelines timelines_of(const History& history) {
  Timelines timelines;
  for (const Write& write : history.writes) timelines[write.target].add(write);
  for (const Observation& seen : history.observations) timelines[seen.target].note_seen(seen.value);
  for (auto& [target, timeline] : timelines) timeline.prepare();
  return timelines;
}

long microseconds(Time from, Time to) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

}  // namespace

void History::merge(History&& other) {
  const auto shift = static_cast<std::uint32_t>(reads.size());
  for (Observation& seen : other.observations) seen.read += shift;
  std::move(other.writes.begin(), other.writes.end(), std::back_inserter(writes));
  std::move(other.observations.begin(), other.observations.end(), std::back_inserter(observations));
  std::move(other.reads.begin(), other.reads.end(), std::back_inserter(reads));
}

void settle_unanswered(History& history, const TimeOfEffect& time_of_effect, Clock::duration at_most) {
  for (Write& write : history.writes) {
    if (write.answered) continue;
    const auto effect = time_of_effect(write.request);
    write.ended = effect && *effect - write.began <= at_most ? *effect : Time::max();
  }
}

std::vector<Violation> check(const History& history) {
  const Timelines timelines = timelines_of(history);
  std::vector<Violation> violations;
  for (const Observation& seen : history.observations) {
    const Timeline& timeline = timelines.at(seen.target);
    const Write* const writer = timeline.writer_of(seen.value);
    if (writer == nullptr) {
      violations.push_back({Wrong::unwritten, seen, {}});
    } else if (writer->began > seen.ended) {
      violations.push_back({Wrong::future, seen, {}});
    } else if (const Write* const later = timeline.last_before(seen.began);
               later != nullptr && writer->ended < later->began) {
      violations.push_back({Wrong::stale, seen, *later});
    }
  }
  return violations;
}

std::string describe(const Violation& violation, const History& history) {
  const Observation& seen = violation.seen;
  std::string text = seen.read < history.reads.size() ? history.reads[seen.read] : std::string("a read");
  text += " saw " + std::to_string(seen.value) + " in register " + std::to_string(seen.target);
  switch (violation.wrong) {
    case Wrong::stale:
      text += ", though " + std::to_string(violation.overwriter.value) + " had been written " +
              std::to_string(microseconds(violation.overwriter.ended, seen.began)) + " us before the read began";
      break;
    case Wrong::future:
      text += ", which was written only later";
      break;
    case Wrong::unwritten:
      text += ", which nobody wrote";
      break;
  }
  return text;
}

}  // namespace pgw::consistency
