// The pauses that an upstream which sheds load has asked for: for one key or, if it answers every key so, for all of
// them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "cache/key.h"
#include "cache/time.h"

namespace pgw::cache {

// Thread-safe, without a lock. A fixed table: a mark may be lost to another key's, which costs one request.
class LoadShedding {
 public:
  struct Verdict {
    int status = 0;  // of what the upstream answered last; 0: it may be asked
    Duration wait{0};
  };
  Verdict verdict(KeyHash hash, TimePoint now) const;

  // The upstream has answered 429 or 503 and wants no request before `until`.
  void note_shed(KeyHash hash, int status, TimePoint until);
  // It has answered otherwise.
  void note_answer(KeyHash hash);
  // Whatever it has asked for, it may be asked.
  void forget();

 private:
  struct Mark {
    std::atomic<std::uint64_t> key{0};
    std::atomic<TimePoint::rep> until{0};
    std::atomic<int> status{0};

    Verdict verdict(TimePoint now) const;
    void set(int its_status, TimePoint its_until);
  };
  static constexpr std::size_t kMarks = 4096;
  // So many answers in a row, each to another key since those of one key have to wait, speak for the upstream as a
  // whole.
  static constexpr std::uint32_t kAllOfIt = 10;

  std::array<Mark, kMarks> marks_;
  Mark upstream_;
  std::atomic<std::uint32_t> in_a_row_{0};
};

}  // namespace pgw::cache
