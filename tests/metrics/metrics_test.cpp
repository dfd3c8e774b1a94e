#include "metrics/metrics.h"

#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "metrics/exposition.h"
#include "support/catch.h"

using namespace pgw::metrics;
using pgw::metrics::test::count_of;
using pgw::metrics::test::sample;

namespace {

constexpr std::size_t list = 0;
constexpr std::size_t create = 1;

struct Fixture {
  Metrics metrics{{"Projects_list", "Projects_create"}, {"search", "ads"}, "1.2.3", "0a1b2c3d4e5f"};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "requests are counted by operation, method, status and cache outcome") {
  auto [operation, method, status, cache,
        series] = GENERATE(table<std::size_t, std::string, int, std::string, std::string>({
      {list, "GET", 200, "hit", R"({cache="hit",method="GET",operation="Projects_list",status="200"})"},
      {list, "HEAD", 304, "stale", R"({cache="stale",method="HEAD",operation="Projects_list",status="304"})"},
      {create, "POST", 201, "pass", R"({cache="pass",method="POST",operation="Projects_create",status="201"})"},
      {create, "POST", 422, "none", R"({cache="none",method="POST",operation="Projects_create",status="422"})"},
      {list, "GET", 299, "miss", R"({cache="miss",method="GET",operation="Projects_list",status="299"})"},
      {list, "GET", 599, "collapsed", R"({cache="collapsed",method="GET",operation="Projects_list",status="599"})"},
      {list, "GET", 600, "revalidated",
       R"({cache="revalidated",method="GET",operation="Projects_list",status="other"})"},
      {list, "GET", 99, "hit", R"({cache="hit",method="GET",operation="Projects_list",status="other"})"},
      {list, "GET", -1, "hit", R"({cache="hit",method="GET",operation="Projects_list",status="other"})"},
      {list, "PROPFIND", 501, "none", R"({cache="none",method="other",operation="Projects_list",status="501"})"},
      {list, "GET", 200, "no such", R"({cache="other",method="GET",operation="Projects_list",status="200"})"},
      {2, "GET", 404, "none", R"({cache="none",method="GET",operation="other",status="404"})"},
      {Metrics::unknown_operation, "GET", 404, "none", R"({cache="none",method="GET",operation="other",status="404"})"},
  }));
  metrics.operation(operation).requests(method, status, cache).Increment();
  metrics.operation(operation).requests(method, status, cache).Increment();
  const auto text = metrics.exposition();
  CHECK(sample(text, "gateway_requests_total" + series) == 2);
  CHECK(count_of(text, "gateway_requests_total") == 1);
}

TEST_CASE_METHOD(Fixture, "every status code has its own request counter") {
  std::set<StripedCounter*> counters;
  for (int status = 100; status <= 599; ++status) {
    counters.insert(&metrics.operation(list).requests("GET", status, "miss"));
    counters.insert(&metrics.operation(list).requests("GET", status, "hit"));
  }
  CHECK(counters.size() == 1000);
}

TEST_CASE_METHOD(Fixture, "a resolved request counter is the same object at every look-up") {
  auto& first = metrics.operation(list).requests("GET", 200, "hit");
  CHECK(&metrics.operation(list).requests("GET", 200, "hit") == &first);
  CHECK(&metrics.operation(create).requests("GET", 200, "hit") != &first);
}

TEST_CASE_METHOD(Fixture, "each instrument appears with its designed name and labels") {
  auto& operation = metrics.operation(list);
  auto& team = metrics.team(metrics.add_team("search"));
  operation.request_duration("hit").Observe(0.0002);
  operation.upstream_requests(200).Increment();
  operation.upstream_requests(OperationMetrics::no_answer).Increment();
  operation.upstream_duration().Observe(0.2);
  operation.validation_failures("body", "value_error.missing").Increment();
  operation.unchecked_bodies().Increment();
  operation.validation_reports("accepted").Increment();
  team.upstream_requests_avoided("hit").Increment();
  team.requests("cached").Increment();
  team.rate_limited().Increment();
  metrics.cache_entries().Set(7);
  metrics.cache_size_bytes().Set(4096);
  metrics.cache_evictions().Increment();
  metrics.cache_invalidations("write").Increment();
  metrics.inflight_requests().Increment();
  metrics.config_reloads(true).Increment();
  metrics.config_reloads(false).Increment();
  metrics.upstream_breaker_open().Set(1);
  metrics.dropped_access_lines().Increment();
  metrics.connections_turned_away("address").Increment();
  metrics.set_key_expiries(
      std::vector<Metrics::KeyExpiry>{{"k1", std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))}});

  const auto text = metrics.exposition();
  const auto [series, value] = GENERATE(table<std::string, double>({
      {R"(gateway_request_duration_seconds_bucket{cache="hit",le="0.0001",operation="Projects_list"})", 0},
      {R"(gateway_request_duration_seconds_bucket{cache="hit",le="0.00025",operation="Projects_list"})", 1},
      {R"(gateway_request_duration_seconds_bucket{cache="hit",le="30",operation="Projects_list"})", 1},
      {R"(gateway_request_duration_seconds_count{cache="hit",operation="Projects_list"})", 1},
      {R"(gateway_upstream_requests_total{operation="Projects_list",status="200"})", 1},
      {R"(gateway_upstream_requests_total{operation="Projects_list",status="no_answer"})", 1},
      {R"(gateway_upstream_request_duration_seconds_sum{operation="Projects_list"})", 0.2},
      {R"(gateway_upstream_requests_avoided_total{reason="hit",team="search"})", 1},
      {R"(gateway_team_requests_total{outcome="cached",team="search"})", 1},
      {R"(gateway_validation_failures_total{location="body",operation="Projects_list",type="value_error.missing"})", 1},
      {R"(gateway_unchecked_bodies_total{operation="Projects_list"})", 1},
      {R"(gateway_validation_reports_total{operation="Projects_list",upstream="accepted"})", 1},
      {R"(gateway_rate_limited_total{team="search"})", 1},
      {"gateway_cache_entries", 7},
      {"gateway_cache_size_bytes", 4096},
      {"gateway_cache_evictions_total", 1},
      {R"(gateway_cache_invalidations_total{reason="write"})", 1},
      {"gateway_inflight_requests", 1},
      {R"(gateway_config_reloads_total{result="success"})", 1},
      {R"(gateway_config_reloads_total{result="failure"})", 1},
      {R"(gateway_key_expiry_timestamp_seconds{key="k1"})", 1'800'000'000},
      {"gateway_upstream_breaker_open", 1},
      {"gateway_upstream_credential_refused", 0},
      {"gateway_credential_file_usable", 1},
      {R"(gateway_log_dropped_lines_total{log="access"})", 1},
      {R"(gateway_log_dropped_lines_total{log="events"})", 0},
      {R"(gateway_connections_turned_away_total{reason="address"})", 1},
      {R"(gateway_connections_turned_away_total{reason="refused"})", 0},
      {R"(gateway_build_info{commit="0a1b2c3d4e5f",version="1.2.3"})", 1},
  }));
  CHECK(sample(text, series) == value);
}

TEST_CASE_METHOD(Fixture, "label values outside their vocabulary are counted as other") {
  metrics.operation(list).upstream_requests(1000).Increment();
  metrics.operation(list).validation_failures("cookie", "type_error").Increment();
  metrics.operation(list).validation_reports("maybe").Increment();
  metrics.team(0).upstream_requests_avoided("luck").Increment();
  metrics.team(0).requests("luck").Increment();
  metrics.cache_invalidations("luck").Increment();
  const auto text = metrics.exposition();
  CHECK(sample(text, R"(gateway_upstream_requests_total{operation="Projects_list",status="other"})") == 1);
  CHECK(sample(text,
               R"(gateway_validation_failures_total{location="other",operation="Projects_list",type="type_error"})") ==
        1);
  CHECK(sample(text, R"(gateway_validation_reports_total{operation="Projects_list",upstream="other"})") == 1);
  CHECK(sample(text, R"(gateway_upstream_requests_avoided_total{reason="other",team="other"})") == 1);
  CHECK(sample(text, R"(gateway_team_requests_total{outcome="other",team="other"})") == 1);
  CHECK(sample(text, R"(gateway_cache_invalidations_total{reason="other"})") == 1);
}

TEST_CASE_METHOD(Fixture, "validation failure types beyond the sixty-fourth are counted as other") {
  for (int i = 0; i < 100; ++i) {
    metrics.operation(list).validation_failures("body", "value_error.t" + std::to_string(i)).Increment();
  }
  const auto text = metrics.exposition();
  CHECK(count_of(text, "gateway_validation_failures_total") == 65);
  CHECK(sample(text, R"(gateway_validation_failures_total{location="body",operation="Projects_list",type="other"})") ==
        36);
}

TEST_CASE_METHOD(Fixture, "a team keeps its number, whoever asks and however often") {
  const auto search = metrics.add_team("search");
  CHECK(metrics.add_team("search") == search);
  CHECK(metrics.add_team("ads") != search);
  CHECK(search != Metrics::other_team);
  CHECK(&metrics.team(search) == &metrics.team(search));
}

TEST_CASE_METHOD(Fixture, "teams beyond the bound and unknown numbers are counted as other") {
  for (std::size_t i = 0; i < 2 * Metrics::max_teams; ++i) metrics.add_team("team-" + std::to_string(i));
  CHECK(metrics.add_team("one-too-many") == Metrics::other_team);
  CHECK(&metrics.team(999'999) == &metrics.team(Metrics::other_team));
}

TEST_CASE_METHOD(Fixture, "key expiries are replaced as a whole") {
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  metrics.set_key_expiries(
      std::vector<Metrics::KeyExpiry>{{"a", sys_seconds(seconds(1))}, {"b", sys_seconds(seconds(2))}});
  metrics.set_key_expiries(
      std::vector<Metrics::KeyExpiry>{{"b", sys_seconds(seconds(3))}, {"c", sys_seconds(seconds(4))}});
  const auto text = metrics.exposition();
  CHECK(count_of(text, "gateway_key_expiry_timestamp_seconds") == 2);
  CHECK(sample(text, R"(gateway_key_expiry_timestamp_seconds{key="b"})") == 3);
  CHECK(sample(text, R"(gateway_key_expiry_timestamp_seconds{key="c"})") == 4);
}

TEST_CASE_METHOD(Fixture, "hooks run before each exposition and show in it") {
  double evictions = 0;
  metrics.before_exposition([&] { raise_to(metrics.cache_evictions(), evictions); });
  const std::vector<std::tuple<double, double>> steps{{5, 5}, {12, 12}, {3, 12}};
  for (const auto& [total, shown] : steps) {
    evictions = total;
    CHECK(sample(metrics.exposition(), "gateway_cache_evictions_total") == shown);
  }
}

TEST_CASE_METHOD(Fixture, "threads that count, add teams and scrape at once lose nothing") {
  constexpr int threads = 4;
  constexpr int rounds = 2'000;
  std::vector<std::thread> workers;
  workers.reserve(threads);
  for (int id = 0; id < threads; ++id) {
    workers.emplace_back([this, id] {
      for (int i = 0; i < rounds; ++i) {
        metrics.operation(list).requests("GET", 200 + i % 5, "hit").Increment();
        metrics.team(metrics.add_team("team-" + std::to_string(i % 50))).requests("cached").Increment();
        metrics.operation(list).request_duration("hit").Observe(0.001);
        if (i % 500 == id) static_cast<void>(metrics.exposition());
      }
    });
  }
  for (auto& worker : workers) worker.join();

  const auto all = test::samples(metrics.exposition());
  double requests = 0;
  double team_requests = 0;
  for (const auto& [series, value] : all) {
    if (series.starts_with("gateway_requests_total")) requests += value;
    if (series.starts_with("gateway_team_requests_total")) team_requests += value;
  }
  CHECK(requests == threads * rounds);
  CHECK(team_requests == threads * rounds);
  CHECK(all.at(R"(gateway_request_duration_seconds_count{cache="hit",operation="Projects_list"})") == threads * rounds);
}
