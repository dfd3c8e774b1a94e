// Many clients against one gateway, and the verdict over everything that they saw.
#pragma once

#include <chrono>
#include <vector>

#include "consistency/client.h"
#include "consistency/history.h"
#include "consistency/stand.h"

namespace pgw::consistency {

// Under a sanitizer everything is many times slower: fewer clients and requests, so that answers come before the
// upstream's timeout.
inline constexpr unsigned kClients = kSanitized ? 8 : 24;
inline constexpr unsigned kRequests = kSanitized ? 2'400 : 4'800;

struct RaceOptions {
  StandOptions stand;
  std::chrono::milliseconds duration{3'000};
  unsigned least_requests = kRequests;  // of all clients together, however long a slow machine takes for them
  unsigned clients = kClients;
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
