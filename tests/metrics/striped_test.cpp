#include "metrics/striped.h"

#include <cmath>
#include <thread>
#include <tuple>
#include <vector>

#include "support/catch.h"

using namespace pgw::metrics;

TEST_CASE("more threads than stripes count without a loss, whoever looks on") {
  prometheus::Counter target;
  StripedCounter counter(target);
  const unsigned threads = std::thread::hardware_concurrency() + 8;
  constexpr int rounds = 5'000;
  std::vector<std::thread> counting;
  for (unsigned i = 0; i < threads; ++i) {
    counting.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) counter.Increment();
    });
  }
  double seen = 0;
  for (int look = 0; look < 100; ++look) {
    counter.flush();
    CHECK(target.Value() >= seen);
    seen = target.Value();
  }
  for (auto& thread : counting) thread.join();
  counter.flush();
  CHECK(target.Value() == static_cast<double>(threads) * rounds);
}

TEST_CASE("a flush brings what was counted since the last one") {
  prometheus::Counter target;
  StripedCounter counter(target);
  for (const double expected : {1.0, 2.0, 3.0}) {
    counter.Increment();
    counter.flush();
    counter.flush();
    CHECK(target.Value() == expected);
  }
}

TEST_CASE("a gauge falls in another thread than it rose in") {
  prometheus::Gauge target;
  StripedGauge gauge(target);
  gauge.Increment();
  gauge.Increment();
  std::thread([&] { gauge.Decrement(); }).join();
  gauge.flush();
  CHECK(target.Value() == 1);
  gauge.Decrement();
  gauge.flush();
  CHECK(target.Value() == 0);
}

TEST_CASE("observations fall into the bucket whose bound they don't exceed, and sum up") {
  const std::vector<double> bounds{0.001, 0.01, 0.1};
  const auto [seconds, bucket] = GENERATE(table<double, std::size_t>({
      {0.0, 0},
      {0.001, 0},
      {0.0011, 1},
      {0.01, 1},
      {0.1, 2},
      {0.2, 3},
      {100.0, 3},
  }));
  prometheus::Histogram target(bounds);
  StripedHistogram histogram(target, bounds);
  for (int time = 0; time < 2; ++time) {
    histogram.Observe(seconds);
    histogram.flush();
  }
  const auto seen = target.Collect().histogram;
  CHECK(seen.sample_count == 2);
  CHECK(std::abs(seen.sample_sum - 2 * seconds) < 1e-8);
  for (std::size_t i = 0; i < seen.bucket.size(); ++i) {
    CHECK(seen.bucket[i].cumulative_count == (i >= bucket ? 2U : 0U));
  }
}

TEST_CASE("a target has one striped instrument, however often it is asked for") {
  prometheus::Counter first;
  prometheus::Counter second;
  StripedInstruments instruments;
  auto& counter = instruments.of(first);
  CHECK(&instruments.of(first) == &counter);
  CHECK(&instruments.of(second) != &counter);
  counter.Increment();
  instruments.flush();
  CHECK(first.Value() == 1);
  CHECK(second.Value() == 0);
}
