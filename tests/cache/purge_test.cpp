// Purges by everything, by tags and by keys: what they meet, and what they must not be undone by.
#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kForAMinute{{"Cache-Control", "max-age=100"}, {"ETag", "\"1\""}};

enum class Kind { all, tags, keys };

Purged purge(Cache& cache, Kind kind, PurgeMode mode, const std::string& key, const Tags& some_tags) {
  if (kind == Kind::all) return cache.purge_all(mode);
  if (kind == Kind::tags) return cache.purge_tags(some_tags, mode);
  return cache.purge_keys([&](std::string_view one) { return one == key; }, mode);
}

// Stores an entry of its own under each number, all with the tag "projects" and one that is theirs alone.
void fill_numbered(Cache& cache, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    const std::string key = make_key({"Projects_get", "u", "/projects/" + number, ""});
    const Tags both = tags({"projects", "projects/" + number});
    Read read;
    read.key = key;
    read.tags = both;
    Decision decision = cache.read(read, at(0s), no_waiter);
    StoreResult result{};
    decision.fetch.complete({200, kForAMinute, "{}"}, at(0s), result);
    REQUIRE(result == StoreResult::stored);
  }
}

std::size_t current_entries(const Cache& cache) {
  std::size_t count = 0;
  cache.for_each([&](const EntryInfo& info) { count += info.is_current ? 1 : 0; });
  return count;
}

}  // namespace

TEST_CASE("Purges reach what they name, softly for revalidation, hard for good") {
  const PurgeMode mode = GENERATE(PurgeMode::soft, PurgeMode::hard);
  const Kind kind = GENERATE(Kind::all, Kind::tags, Kind::keys);
  Scene scene;
  scene.fill(0s, kForAMinute);
  if (kind != Kind::all) {
    CHECK(purge(scene.cache, kind, mode, "other", tags({"projects/pr_2", "projects/pr"})).entries == 0);
    CHECK(scene.ask(1s).action == ReadAction::serve);
  }
  CHECK(purge(scene.cache, kind, mode, scene.item_key, tags({"projects", "projects/pr_1"})).entries == 1);
  CHECK(scene.cache.stats().entries == (mode == PurgeMode::soft ? 1 : 0));
  CHECK(scene.ask(1s).action == (mode == PurgeMode::soft ? ReadAction::revalidate : ReadAction::fetch));
}

TEST_CASE("A purge is not undone by a fetch that it overtook") {
  const Kind kind = GENERATE(Kind::all, Kind::tags, Kind::keys);
  const PurgeMode mode = GENERATE(PurgeMode::soft, PurgeMode::hard);
  Scene scene;
  Decision overtaken = scene.ask(0s);
  const Purged purged = purge(scene.cache, kind, mode, scene.item_key, scene.item_tags);
  CHECK(purged.fetches == 1);
  CHECK(purged.entries == 0);
  // Nobody joins it either.
  Decision later = scene.ask(1s);
  CHECK(later.action == ReadAction::fetch);
  scene.answer(overtaken.fetch, 1s, kForAMinute, "old");
  CHECK(scene.result == StoreResult::generation_moved);
  CHECK(scene.cache.stats().entries == 0);
  scene.answer(later.fetch, 2s, kForAMinute, "new");
  CHECK(scene.ask(3s).entry->body == "new");
}

TEST_CASE("A purge is not undone by the 304 to a revalidation that it overtook") {
  const Kind kind = GENERATE(Kind::all, Kind::tags, Kind::keys);
  Scene scene;
  scene.fill(0s, kForAMinute, "old");
  Decision overtaken = scene.ask(200s);
  REQUIRE(overtaken.action == ReadAction::revalidate);
  purge(scene.cache, kind, PurgeMode::hard, scene.item_key, scene.item_tags);
  overtaken.fetch.not_modified(kForAMinute, at(201s), scene.result);
  CHECK(scene.result == StoreResult::generation_moved);
  CHECK(scene.ask(202s).action == ReadAction::fetch);
}

TEST_CASE(
    "What was purged softly may be served stale from then on, for as long as its rule says, while one refreshes it") {
  const Kind kind = GENERATE(Kind::all, Kind::tags, Kind::keys);
  Options options = small_cache();
  options.clock = [] { return at(10s); };
  Scene scene(options);
  scene.rule.stale_while_revalidate = 30s;
  scene.rule.stale_if_error = 60s;
  scene.fill(
      0s,
      Fields{{"Cache-Control", "max-age=100"}, {"ETag", "\"1\""}, {"Last-Modified", "Sun, 06 Nov 1994 08:00:00 GMT"}});
  purge(scene.cache, kind, PurgeMode::soft, scene.item_key, scene.item_tags);
  CHECK(scene.ask(11s, cache_control("only-if-cached")).action == ReadAction::serve_stale_and_refresh);

  Decision first = scene.ask(20s);
  CHECK(first.action == ReadAction::serve_stale_and_refresh);
  CHECK(first.older_by > 80s);
  CHECK(scene.ask(20s).action == ReadAction::serve);
  first.fetch = {};
  // The windows begin with the purge, however fresh the answer would be still.
  Decision late = scene.ask(45s);
  CHECK(late.action == ReadAction::revalidate);
  CHECK(late.fetch.stale_if_error(at(65s)));
  CHECK_FALSE(late.fetch.stale_if_error(at(75s)));
  CHECK(late.fetch.validators().size() == 2);
  late.fetch.not_modified(kForAMinute, at(46s), scene.result);
  CHECK(scene.ask(47s).action == ReadAction::serve);
}

TEST_CASE("What was purged softly is not served where nothing allows it, and a date does not confirm it") {
  Scene scene;
  const bool forbidden = GENERATE(false, true);
  if (forbidden) scene.rule.stale_while_revalidate = 30s;
  scene.fill(0s, Fields{{"Cache-Control", forbidden ? "max-age=100, must-revalidate" : "max-age=100"},
                        {"Last-Modified", "Sun, 06 Nov 1994 08:00:00 GMT"}});
  scene.cache.purge_tags(scene.item_tags, PurgeMode::soft);
  CHECK(scene.ask(1s).action == ReadAction::fetch);
}

TEST_CASE("A second soft purge doesn't begin the window anew, and a changed rule closes it") {
  Options options = small_cache();
  Duration now = 10s;
  options.clock = [&now] { return at(now); };
  Scene scene(options);
  scene.rule.stale_while_revalidate = 30s;
  scene.fill(0s, kForAMinute);
  scene.cache.purge_all(PurgeMode::soft);
  now = 35s;
  scene.cache.purge_all(PurgeMode::soft);
  CHECK(scene.ask(39s).action == ReadAction::serve_stale_and_refresh);
  CHECK(scene.ask(45s).action == ReadAction::revalidate);
  scene.cache.purge_keys([](std::string_view) { return true; }, PurgeMode::outdated);
  CHECK(scene.ask(36s).action == ReadAction::revalidate);
  scene.cache.purge_all(PurgeMode::soft);
  CHECK(scene.ask(36s).action == ReadAction::revalidate);
}

TEST_CASE("A write that a soft purge fell into primes nothing") {
  Scene scene;
  scene.rule.ttl = 60s;
  WriteGuard guard = scene.cache.begin_write(scene.write_tags);
  scene.cache.purge_tags(scene.item_tags, PurgeMode::soft);
  CHECK(guard.finish_and_prime(scene.item_read(), {200, {}, "{}"}, at(0s), at(1s)) == PrimeResult::not_alone);
}

TEST_CASE("A fetch that begins while keys are purged gets hold of nothing that the purge is about to reach") {
  Scene scene;
  scene.fill(0s, cache_control("max-age=10, stale-if-error=60"), "old");
  Decision during;
  scene.cache.purge_keys(
      [&](std::string_view) {
        // The purge looks at the entry with no lock held: others may come in between.
        if (!during.fetch) during = scene.ask(12s);
        return true;
      },
      PurgeMode::soft);
  REQUIRE(during.fetch);
  CHECK_FALSE(during.fetch.stale_if_error(at(12s)));
}

TEST_CASE("A write makes a tag with 100,000 entries stale without looking at one of them") {
  constexpr int kEntries = 100'000;
  Options options;
  options.store.max_bytes = std::size_t{256} << 20U;
  Cache cache(options);
  fill_numbered(cache, kEntries);
  REQUIRE(cache.stats().entries == kEntries);
  REQUIRE(current_entries(cache) == kEntries);
  const std::uint64_t before = cache.stats().scanned;
  cache.begin_write(tags({"projects"})).finish();
  CHECK(cache.stats().scanned == before);
  CHECK(current_entries(cache) == 0);
}

TEST_CASE("Hits are answered, and misses stored, in the middle of a hard purge of 100,000 entries") {
  constexpr int kEntries = 100'000;
  Options options;
  options.store.max_bytes = std::size_t{256} << 20U;
  Cache cache(options);
  fill_numbered(cache, kEntries);
  const std::string other = make_key({"Projects_get", "u", "/other", ""});
  Read read;
  read.key = other;
  int stored = 0;
  int hits = 0;
  // Called for each entry. With a shard's lock held this would never come back.
  const auto use_the_cache = [&](std::string_view key) {
    if (key == other) return false;
    if (cache.find_fresh(read, at(1s))) {
      ++hits;
      return true;
    }
    StoreResult result{};
    Decision decision = cache.read(read, at(1s), no_waiter);
    decision.fetch.complete({200, kForAMinute, "{}"}, at(1s), result);
    ++stored;
    return true;
  };
  CHECK(cache.purge_keys(use_the_cache, PurgeMode::hard).entries == kEntries);
  CHECK(stored == 1);
  CHECK(hits == kEntries - 1);
  CHECK(cache.stats().entries == 1);
}
