#include "gateway/access/token_bucket.h"

#include <atomic>
#include <thread>
#include <tuple>
#include <vector>

#include "support/catch.h"

using namespace std::chrono_literals;
using pgw::access::RateDecision;
using pgw::access::TokenBucket;
using pgw::config::Rate;

namespace {

const TokenBucket::TimePoint first_moment{1h};

int allowed(TokenBucket& bucket, int attempts, TokenBucket::TimePoint now) {
  int count = 0;
  for (int i = 0; i < attempts; ++i) count += bucket.take(now).allowed ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a bucket starts full, gives its burst at once and then its rate") {
  auto [rate, burst, later, more] = GENERATE(table<Rate, std::uint32_t, std::chrono::milliseconds, int>({
      {Rate{50, 1s}, 100, 0ms, 0},
      {Rate{50, 1s}, 100, 19ms, 0},
      {Rate{50, 1s}, 100, 20ms, 1},
      {Rate{50, 1s}, 100, 1s, 50},
      {Rate{50, 1s}, 100, 1h, 100},
      {Rate{1, 1s}, 1, 999ms, 0},
      {Rate{1, 1s}, 1, 1s, 1},
      {Rate{60, 60s}, 5, 3s, 3},
      {Rate{2, 3600s}, 1, 1799s, 0},
      {Rate{2, 3600s}, 1, 1800s, 1},
      {Rate{1'000'000, 1s}, 1'000, 1ms, 1'000},
  }));
  TokenBucket bucket(rate, burst);
  CHECK(allowed(bucket, static_cast<int>(burst) + 10, first_moment) == static_cast<int>(burst));
  CHECK(allowed(bucket, static_cast<int>(burst) + 10, first_moment + later) == more);
}

TEST_CASE("decisions carry what the RateLimit fields and Retry-After say") {
  TokenBucket bucket(Rate{30, 60s}, 3);  // a token every two seconds
  struct Step {
    std::chrono::milliseconds at;
    bool allowed;
    std::uint32_t remaining;
    std::uint64_t reset;
    std::uint64_t retry_after;
  };
  const std::vector<Step> steps{
      {0ms, true, 2, 2, 0},      {0ms, true, 1, 4, 0},     {0ms, true, 0, 6, 0},
      {0ms, false, 0, 6, 2},     {500ms, false, 0, 6, 2},  {1'001ms, false, 0, 5, 1},
      {1'999ms, false, 0, 5, 1}, {2'000ms, true, 0, 6, 0}, {10'000ms, true, 2, 2, 0},
  };
  for (const auto& step : steps) {
    const RateDecision decision = bucket.take(first_moment + step.at);
    INFO("at " << step.at.count() << " ms");
    CHECK(decision.allowed == step.allowed);
    CHECK(decision.limit == 3);
    CHECK(decision.remaining == step.remaining);
    CHECK(decision.reset_seconds == step.reset);
    CHECK(decision.retry_after_seconds == step.retry_after);
  }
}

TEST_CASE("peeking takes nothing") {
  TokenBucket bucket(Rate{1, 1s}, 2);
  for (int i = 0; i < 5; ++i) CHECK(bucket.peek(first_moment).remaining == 2);
  bucket.take(first_moment);
  CHECK(bucket.peek(first_moment).remaining == 1);
  bucket.take(first_moment);
  const auto empty = bucket.peek(first_moment);
  CHECK_FALSE(empty.allowed);
  CHECK(empty.remaining == 0);
  CHECK(empty.retry_after_seconds == 1);
}

TEST_CASE("a token given back can be taken again, and a full bucket stays full") {
  TokenBucket bucket(Rate{1, 1s}, 2);
  bucket.give_back(first_moment);
  CHECK(bucket.peek(first_moment).remaining == 2);
  CHECK(allowed(bucket, 5, first_moment) == 2);
  bucket.give_back(first_moment);
  CHECK(allowed(bucket, 5, first_moment) == 1);
  bucket.give_back(first_moment + 1h);
  CHECK(allowed(bucket, 5, first_moment + 1h) == 2);
}

TEST_CASE("a clock that another thread read earlier gives no extra token") {
  TokenBucket bucket(Rate{1, 1s}, 2);
  CHECK(allowed(bucket, 5, first_moment + 10s) == 2);
  CHECK(allowed(bucket, 5, first_moment + 9s) == 0);
  CHECK(allowed(bucket, 5, first_moment + 11s) == 1);
}

TEST_CASE("threads that take at once get the burst and no token more") {
  TokenBucket bucket(Rate{1, 3600s}, 1'000);
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { taken += allowed(bucket, 500, first_moment); });
  for (auto& thread : threads) thread.join();
  CHECK(taken == 1'000);
  CHECK(bucket.peek(first_moment).remaining == 0);
}
