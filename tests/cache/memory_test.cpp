// The byte-accurate bound against what malloc has really given out.
#include <malloc.h>
#include <random>

#include "cache/heap_cost.h"
#include "cache/store.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsMalloc = false;  // a sanitizer's allocator is another one
#else
constexpr bool kCountsMalloc = true;
#endif

namespace {

// In use, with malloc's own overhead; of the main arena, which a test of one thread allocates from.
std::size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

const Rule kLongRule;

EntryPtr random_entry(int number, std::mt19937& random, const Generations& generations) {
  const std::string id = "pr_" + std::string(1 + random() % 30, 'i') + std::to_string(number);
  const std::string key = make_key({"Projects_get", "0123456789abcdef", "/projects/" + id, ""});
  const Tags both = tags({"projects/" + id, "projects/" + id + "/configs"});
  const Snapshot snapshot = generations.snapshot(std::span(both).first(1 + random() % 2), kStart);
  const std::string joined = join_tags(both);
  const EntryContext context{key, {}, kLongRule, snapshot, joined, kStart, kStart, {}};
  Fields headers{{"Content-Type", "application/json"}, {"X-Filler", std::string(random() % 200, 'f')}};
  if (random() % 2 == 0) headers.add("ETag", "\"" + std::string(random() % 40, 'e') + "\"");
  if (random() % 4 == 0) headers.add("Vary", "Accept, Accept-Language");
  return make_entry(context, 200, headers, std::string(random() % 4'000, 'x'));
}

}  // namespace

TEST_CASE("The store holds no more than it says, and says no more than a little beyond") {
  if (!kCountsMalloc) return;
  StoreOptions options;
  options.max_bytes = std::size_t{16} << 20U;
  options.shards = GENERATE(1, 4);
  const bool full = GENERATE(false, true);
  Generations generations;
  std::mt19937 random(5);
  const std::size_t before = bytes_in_use();
  Store store(options);
  for (int i = 0; i < (full ? 20'000 : 2'000); ++i) store.insert(random_entry(i, random, generations));
  const std::size_t held = bytes_in_use() - before;
  CAPTURE(options.shards, full, store.entries(), store.bytes(), held);
  CHECK((store.evictions() > 0) == full);
  CHECK(held <= store.bytes() + store.entries() * 2 * kMostHeapSlack);
  CHECK(store.bytes() <= held + held / 20);  // malloc counts what it keeps for reuse as in use, before as well
  CHECK(store.bytes() <= store.capacity());
  CHECK(held <= options.max_bytes);
}

TEST_CASE("What is larger than its share of the store is never stored, and pushes nothing out") {
  StoreOptions options;
  options.max_bytes = std::size_t{16} << 20U;
  options.shards = 1;
  options.max_object_share = 1.0 / 16;
  Store store(options);
  const Snapshot none;
  const auto entry_of = [&](const std::string& key, std::size_t body) {
    const EntryContext context{key, {}, kLongRule, none, "", kStart, kStart, {}};
    return make_entry(context, 200, {}, std::string(body, 'x'));
  };
  REQUIRE(store.insert(entry_of("small", 100)));
  const std::size_t bytes = store.bytes();
  CHECK(store.max_object_bytes() == options.max_bytes / 16);
  CHECK_FALSE(store.insert(entry_of("large", store.max_object_bytes())));
  CHECK(store.bytes() == bytes);
  CHECK(store.entries() == 1);
  // The share is of the whole entry, not of its body alone.
  CHECK(store.insert(entry_of("just small enough", store.max_object_bytes() - 2'000)));
}
