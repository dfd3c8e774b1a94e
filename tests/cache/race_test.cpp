// Readers race against writers in many threads, in front of a simulated origin; run under ThreadSanitizer as well.
#include <array>
#include <random>
#include <semaphore>
#include <shared_mutex>
#include <thread>

#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

constexpr int kProjects = 3;
constexpr int kListing = kProjects;  // the resource after the projects
constexpr int kResources = kProjects + 1;

// An origin whose resources are version numbers: a write to a project moves the project's and the listing's.
class Origin {
 public:
  int read(int resource) const { return versions_.at(static_cast<std::size_t>(resource)).load(); }
  int write(int resource) { return versions_.at(static_cast<std::size_t>(resource)).fetch_add(1) + 1; }

 private:
  std::array<std::atomic<int>, kResources> versions_{};
};

class Race {
 public:
  explicit Race(bool check_generations) : cache_(options(check_generations)) {
    for (int i = 0; i < kResources; ++i) {
      const std::string path = i == kListing ? "/projects" : "/projects/" + std::to_string(i);
      keys_.push_back(make_key({"op", "u", path, ""}));
      read_tags_.push_back(tags({path.substr(1)}));
    }
  }

  // Runs readers and writers to their end; returns the number of stale reads.
  int run(int threads, int steps) {
    std::vector<std::thread> all;
    all.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
      all.emplace_back([this, i, steps] { work(static_cast<unsigned>(i), steps); });
    }
    for (std::thread& thread : all) thread.join();
    return stale_;
  }
  Stats stats() const { return cache_.stats(); }

 private:
  static Options options(bool check_generations) {
    Options options = small_cache();
    options.check_generations = check_generations;
    options.store.max_bytes = 1 << 20;
    return options;
  }

  void work(unsigned seed, int steps) {
    std::mt19937 random(seed);
    for (int i = 0; i < steps; ++i) {
      const int resource = static_cast<int>(random() % kResources);
      if (random() % 10 == 0 && resource != kListing) {
        write(resource, random);
      } else {
        read(resource, random);
      }
      if (random() % 16 == 0) tick();
    }
  }

  TimePoint now() const { return at(Duration(clock_.load())); }
  void tick() {
    const std::unique_lock lock(clock_mutex_);
    ++clock_;
  }

  void write(int project, std::mt19937& random) {
    // An unknown write takes effect before its time: no tick in between.
    const std::shared_lock lock(clock_mutex_);
    WriteGuard guard = cache_.begin_write(tags({"projects", "projects/" + std::to_string(project)}));
    const unsigned kind = random() % 8;
    if (kind == 0) guard.finish_unknown(now() + 3ms);
    std::this_thread::yield();
    const int version = origin_.write(project);
    const int listing = origin_.write(kListing);
    if (kind == 1) guard.finish_unknown(now() + 3ms);
    guard.finish();
    commit(project, version);
    commit(kListing, listing);
  }

  void commit(int resource, int version) {
    auto& committed = committed_.at(static_cast<std::size_t>(resource));
    int known = committed.load();
    while (known < version && !committed.compare_exchange_weak(known, version)) {
    }
  }

  void read(int resource, std::mt19937& random) {
    const int required = committed_.at(static_cast<std::size_t>(resource)).load();
    const int seen = get(resource, random);
    if (seen < required) ++stale_;
  }

  int get(int resource, std::mt19937& random) {
    Read read;
    const auto index = static_cast<std::size_t>(resource);
    read.key = keys_.at(index);
    read.tags = read_tags_.at(index);
    for (;;) {
      if (const EntryPtr entry = cache_.find_fresh(read, now())) return std::stoi(std::string(entry->body));
      // Shared with the waiter: a cancelled one may just be running.
      struct Mail {
        std::binary_semaphore arrived{0};
        Shared shared{};
      };
      auto mail = std::make_shared<Mail>();
      Decision decision = cache_.read(read, now(), [mail](const Shared& shared) {
        mail->shared = shared;
        mail->arrived.release();
      });
      if (decision.entry && decision.action != ReadAction::revalidate) {
        refresh(decision.fetch, resource);
        return std::stoi(std::string(decision.entry->body));
      }
      if (decision.action == ReadAction::wait) {
        if (random() % 8 == 0 && decision.wait.cancel()) {
          read.may_wait = false;
          continue;
        }
        mail->arrived.acquire();
        if (mail->shared.entry) return std::stoi(std::string(mail->shared.entry->body));
        continue;
      }
      if (random() % 16 == 0) continue;  // drops the fetch: its followers ask again
      return refresh(decision.fetch, resource);
    }
  }

  int refresh(Fetch& fetch, int resource) {
    std::this_thread::yield();
    const int version = origin_.read(resource);
    std::this_thread::yield();
    const std::string etag = "\"" + std::to_string(version) + "\"";
    const Fields headers{{"Cache-Control", "max-age=3600, stale-while-revalidate=60"}, {"ETag", etag}};
    StoreResult result{};
    const auto validators = fetch.validators();
    if (!validators.empty() && validators[0].value == etag) {
      fetch.not_modified(headers, now(), result);
    } else {
      fetch.complete({200, headers, std::to_string(version)}, now(), result);
    }
    return version;
  }

  Cache cache_;
  Origin origin_;
  std::vector<std::string> keys_;
  std::vector<Tags> read_tags_;
  std::array<std::atomic<int>, kResources> committed_{};
  std::atomic<int> stale_{0};
  std::atomic<std::int64_t> clock_{0};
  std::shared_mutex clock_mutex_;
};

}  // namespace

TEST_CASE("Many threads reading and writing never see a stale read") {
  Race race(true);
  CHECK(race.run(6, 8000) == 0);
  const Stats stats = race.stats();
  CHECK(stats.hits > 0);
  CHECK(stats.invalidations_by_write > 0);
  CHECK(stats.invalidations_by_unknown_write > 0);
  CHECK(stats.in_flight == 0);
}

TEST_CASE("The same race without the generation check does") {
  Race race(false);
  CHECK(race.run(4, 2000) > 0);
}

TEST_CASE("Purges, listings and statistics race with everything else") {
  Cache cache(small_cache());
  std::atomic<bool> stop{false};
  std::thread admin([&] {
    while (!stop) {
      cache.purge_all(PurgeMode::soft);
      cache.purge_tags(tags({"projects/pr_1"}), PurgeMode::hard);
      cache.purge_keys([](std::string_view key) { return key.size() % 2 == 0; }, PurgeMode::soft);
      cache.for_each([](const EntryInfo& info) { static_cast<void>(info.entry.size_bytes()); });
      static_cast<void>(cache.stats());
    }
  });
  const Tags item_tags = tags({"projects/pr_1"});
  for (int i = 0; i < 3000; ++i) {
    Read read;
    const std::string key = "key " + std::to_string(i % 100);
    read.key = key;
    read.tags = item_tags;
    Decision decision = cache.read(read, at(0s), no_waiter);
    StoreResult result{};
    const Fields headers = cache_control("max-age=60");
    if (decision.fetch) decision.fetch.complete({200, headers, "body"}, at(0s), result);
  }
  stop = true;
  admin.join();
  CHECK(cache.stats().in_flight == 0);
}
