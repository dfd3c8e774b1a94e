// Why what was stored under a key is gone, or was not stored at all: for whoever asks. Nothing is decided by it.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "cache/key.h"
#include "cache/time.h"

namespace pgw::cache {

enum class Departure : std::uint8_t {
  evicted,     // to make room
  variant,     // its key had more variants than `max_variants`, and it was the least used one
  purged,      // by the purge of number `Departed::purge`
  superseded,  // an answer came that ends it and is not kept itself
  not_stored,  // the last answer was not kept: `Departed::why`
};
std::string_view to_string(Departure departure);  // "evicted", "least-used-variant", ...

struct Departed {
  Departure how = Departure::evicted;
  TimePoint at;
  std::string_view why = {};  // a literal, in a word
  std::uint64_t purge = 0;
};

// Thread-safe. A fixed table of some 200 KiB: what happened to one key may be lost to what happens to another.
class Departures {
 public:
  Departures();
  void note(KeyHash key, const Departed& departed);
  // Forgets: there is something stored again.
  void clear(KeyHash key);
  std::optional<Departed> last(KeyHash key) const;

 private:
  struct Record {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    Departed departed;
  };
  static constexpr std::size_t kRecords = 4096;
  static constexpr std::size_t kLocks = 16;
  std::mutex& lock_of(KeyHash key) const { return locks_[key.low % kLocks]; }

  mutable std::array<std::mutex, kLocks> locks_;  // each guards every kLocks-th record
  std::vector<Record> records_;
};

}  // namespace pgw::cache
