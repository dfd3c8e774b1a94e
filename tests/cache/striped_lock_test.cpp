#include "cache/striped_lock.h"

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "support/catch.h"

using namespace pgw::cache;

TEST_CASE("Readers of more threads than stripes never see a write half done") {
  StripedLock lock;
  int first = 0;
  int second = 0;
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 12; ++reader) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2'000; ++round) {
        const std::shared_lock reading(lock);
        if (first != second) ++torn;
      }
    });
  }
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        const std::unique_lock writing(lock);
        ++first;
        ++second;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(torn == 0);
  CHECK(first == 1'000);
  CHECK(second == 1'000);
}
