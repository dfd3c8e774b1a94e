#include "consistency/race.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace pgw::consistency {
namespace {

// Every client in a thread of its own until the time is over and it has made its requests; the first exception of any
// is thrown here.
void run(std::vector<std::unique_ptr<Client>>& clients, const RaceOptions& options) {
  const Time end = Clock::now() + options.duration;
  const unsigned least_requests = options.least_requests / std::max(1U, options.clients);
  std::mutex mutex;
  std::exception_ptr failure;  // guarded by mutex
  std::vector<std::thread> threads;
  threads.reserve(clients.size());
  for (const auto& client : clients) {
    threads.emplace_back([&, one = client.get()] {
      try {
        for (unsigned made = 0; made < least_requests || Clock::now() < end; ++made) one->step();
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

RaceResult race(const RaceOptions& options) {
  const Stand stand(options.stand);
  World world;
  std::vector<std::unique_ptr<Client>> clients;
  for (unsigned i = 0; i < options.clients; ++i) {
    clients.push_back(
        std::make_unique<Client>(stand.url(), world, options.stand.upstream_timeout, options.seed * 1'000 + i));
  }
  RaceResult result;
  for (unsigned i = 0; i < options.lasting_projects; ++i) {
    Client founder(stand.url(), world, options.stand.upstream_timeout, i);
    founder.found_lasting_project();
    result.history.merge(founder.take_history());
  }
  run(clients, options);
  for (const auto& client : clients) {
    result.counts += client->counts();
    result.history.merge(client->take_history());
  }
  // The gateway gives the upstream one timeout, and what it began may take effect for one more.
  settle_unanswered(
      result.history, [&](const std::string& request) { return stand.time_of_effect(request); },
      2 * options.stand.upstream_timeout);
  result.violations = check(result.history);
  return result;
}

}  // namespace pgw::consistency
