// What many clients wrote and read, and whether the cache's promise held: no read that began after a write was answered
// saw what was there before that write.
//
// The world is registers. A register holds one value at a time, and each of its values is written once. Nobody knows
// the order in which concurrent writes took effect, so the check asks only what is certain: a read may see a value as
// long as no write that surely came later had surely taken effect when the read began.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pgw::consistency {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Register = std::uint32_t;
using Value = std::int64_t;

struct Write {
  Register target = 0;
  Value value = 0;
  Time began;  // before its request was sent
  // When its answer had begun to arrive. Of an unanswered one: the latest moment at which it may take effect.
  Time ended;
  bool answered = true;      // false: it may never take effect, unless a read saw it
  std::string request = {};  // its id
};

struct Observation {
  Register target = 0;
  Value value = 0;
  Time began;  // before the request of the read was sent
  Time ended;
  std::uint32_t read = 0;  // position in History::reads
};

struct History {
  std::vector<Write> writes;
  std::vector<Observation> observations;
  std::vector<std::string> reads;  // what was asked and how the gateway answered, for reports

  void merge(History&& other);
};

enum class Wrong {
  stale,      // overwritten before the read began
  future,     // written only after the read had ended
  unwritten,  // nobody ever wrote it
};

struct Violation {
  Wrong wrong = Wrong::stale;
  Observation seen;
  Write overwriter;  // of a stale one: a write that had ended before the read began, and began after the seen value's
};
std::string describe(const Violation& violation, const History& history);

// When the upstream carried out a request, the last time if several times; nullopt: it never did.
using TimeOfEffect = std::function<std::optional<Time>(const std::string& request)>;

// Gives each unanswered write its true end. One that took effect more than `at_most` after it was sent is beyond what
// any gateway can promise: nothing is judged by it, whatever somebody saw.
void settle_unanswered(History& history, const TimeOfEffect& time_of_effect, Clock::duration at_most);

// Every observation that breaks the promise. Throws std::invalid_argument if a register was given a value twice.
std::vector<Violation> check(const History& history);

}  // namespace pgw::consistency
