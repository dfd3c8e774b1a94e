#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "metrics/metrics.h"
#include "support/catch.h"

using namespace pgw::metrics;

namespace {

bool has_promtool() {
  return std::system("command -v promtool >/dev/null 2>&1") == 0;
}

/// Tests may do without promtool on a developer's machine, never where PGW_REQUIRE_TOOLS says so.
bool tools_are_required() {
  const char* required = std::getenv("PGW_REQUIRE_TOOLS");
  return required != nullptr && std::string(required) == "1";
}

struct Verdict {
  int status = -1;
  std::string output;
};

Verdict promtool_check(const std::string& exposition) {
  std::string path = (std::filesystem::temp_directory_path() / "pgw-metrics-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << exposition;
  Verdict verdict;
  FILE* pipe = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    verdict.output.append(buffer.data(), got);
  verdict.status = ::pclose(pipe);
  std::filesystem::remove(path);
  return verdict;
}

/// Every series that there can be for one operation and one team.
void count_everything(Metrics& metrics) {
  auto& operation = metrics.operation(0);
  auto& team = metrics.team(metrics.add_team("search"));
  for (const auto cache : cache_labels) {
    operation.requests("GET", 200, cache).Increment();
    operation.request_duration(cache).Observe(0.001);
  }
  operation.upstream_requests(200).Increment();
  operation.upstream_requests(OperationMetrics::no_answer).Increment();
  operation.upstream_duration().Observe(0.1);
  for (const auto location : location_labels)
    operation.validation_failures(location, "value_error.missing").Increment();
  operation.unchecked_bodies().Increment();
  for (const auto verdict : verdict_labels) operation.validation_reports(verdict).Increment();
  for (const auto reason : avoided_labels) team.upstream_requests_avoided(reason).Increment();
  for (const auto outcome : team_outcome_labels) team.requests(outcome).Increment();
  team.rate_limited().Increment();
  for (const auto reason : invalidation_labels) metrics.cache_invalidations(reason).Increment();
  metrics.set_key_expiries(std::vector<Metrics::KeyExpiry>{{"k1", std::chrono::sys_seconds(std::chrono::seconds(1))}});
}

}  // namespace

TEST_CASE("promtool check metrics finds nothing to say") {
  if (!has_promtool()) {
    if (tools_are_required()) FAIL("promtool is not installed");
    WARN("promtool is not installed: nothing was checked");
    return;
  }
  Metrics metrics({"Projects_list"}, {"search"}, "1.2.3", "0a1b2c3d4e5f");
  SECTION("of a gateway that has just started") {
    const auto verdict = promtool_check(metrics.exposition());
    CHECK(verdict.output.empty());
    CHECK(verdict.status == 0);
  }
  SECTION("of one that has counted everything") {
    count_everything(metrics);
    const auto verdict = promtool_check(metrics.exposition());
    CHECK(verdict.output.empty());
    CHECK(verdict.status == 0);
  }
  SECTION("while a counter without _total is something to say") {
    const auto verdict = promtool_check("# HELP a_requests Requests.\n# TYPE a_requests counter\na_requests 1\n");
    CHECK_FALSE(verdict.output.empty());
  }
}
