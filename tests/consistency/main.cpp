// The race by hand, at any size: bench/consistency.
#include <algorithm>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "consistency/race.h"

namespace {

using namespace pgw::consistency;

constexpr std::size_t kShownViolations = 10;

int report(const RaceResult& result) {
  const Counts& counts = result.counts;
  const auto print = [](const char* what, std::uint64_t count) {
    std::printf("%-28s%12llu\n", what, static_cast<unsigned long long>(count));
  };
  print("reads", counts.reads);
  print("  answered from memory", counts.hits);
  print("  of these stale", counts.revalidating);
  print("  shared another's fetch", counts.collapsed);
  print("  failed, on purpose", counts.failed_reads);
  print("writes", counts.writes);
  print("  without an answer", counts.unanswered_writes);
  print("  that primed the cache", counts.primed);
  print("observations checked", result.history.observations.size());
  print("violations", result.violations.size());
  for (std::size_t i = 0; i < std::min(kShownViolations, result.violations.size()); ++i) {
    std::printf("  %s\n", describe(result.violations[i], result.history).c_str());
  }
  return result.violations.empty() ? 0 : 1;
}

int run(int argc, char** argv) {
  CLI::App app("Races clients against the gateway and checks that no read is older than a finished write.");
  RaceOptions options;
  unsigned seconds = 30;
  bool without_generations = false;
  app.add_option("--seconds", seconds, "How long")->capture_default_str();
  app.add_option("--clients", options.clients, "Connections, a thread each")->capture_default_str();
  app.add_option("--workers", options.stand.workers, "Of the gateway")->capture_default_str();
  app.add_option("--projects", options.lasting_projects, "That all clients share")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the clients' dice")->capture_default_str();
  app.add_flag("--without-generations", without_generations,
               "Switch off what keeps the promise, to see the check find it");
  CLI11_PARSE(app, argc, argv);
  options.duration = std::chrono::seconds(seconds);
  options.stand.check_generations = !without_generations;
  return report(race(options));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "consistency_race: %s\n", error.what());
    return 2;
  }
}
