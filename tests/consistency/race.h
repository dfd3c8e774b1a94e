// Many clients against one gateway, and the verdict over everything that they saw.
#pragma once

#include <chrono>
#include <vector>

#include "consistency/client.h"
#include "consistency/history.h"
#include "consistency/stand.h"

namespace pgw::consistency {

struct RaceOptions {
  StandOptions stand;
  std::chrono::milliseconds duration{3'000};
  unsigned least_requests = 200;  // of each client, however long a slow machine or a sanitizer takes for them
  unsigned clients = 24;
  unsigned lasting_projects = 3;  // the fewer, the closer the race
  unsigned seed = 1;
};

struct RaceResult {
  Counts counts;
  History history;
  std::vector<Violation> violations;
};

// Throws std::runtime_error if the stand doesn't stand.
RaceResult race(const RaceOptions& options);

}  // namespace pgw::consistency
