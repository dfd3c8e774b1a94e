// What the cache knows of one key, and what it would do: for an operator who asks why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/departures.h"
#include "cache/entry.h"
#include "cache/movements.h"
#include "cache/read.h"
#include "cache/time.h"

namespace pgw::cache {

struct Why {
  // What `Cache::read` would decide now; nothing of it is done. A fetch may join one that is under way.
  ReadAction action = ReadAction::pass;
  MissReason reason = MissReason::none;
  StaleReason stale = StaleReason::none;
  Shed shed;
  bool asks_alone = false;  // the last answer could not be shared: requests don't wait for each other for a while

  struct Variant {
    EntryPtr entry;
    std::uint64_t hits = 0;
    StaleReason stale = StaleReason::none;
    bool is_selected = false;  // by this request
  };
  std::vector<Variant> variants;  // everything that is stored under the key

  std::optional<Departed> departed;  // where the key has lost something, or could not be stored, lately

  struct TagStanding {
    std::string tag;
    std::optional<Movement> last_moved;  // null: not since the start, or so long ago that it is forgotten
    std::uint32_t writes_under_way = 0;
    std::optional<TimePoint> unsettled_until;
  };
  std::vector<TagStanding> tags;  // of the read and of what is stored
  std::optional<Movement> everything_moved;
};

}  // namespace pgw::cache
