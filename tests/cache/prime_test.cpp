// Answers to writes that are stored as the answers to reads, and all that may forbid it.
#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kJson{{"Content-Type", "application/json"}};

// With a rule, as the response of a write brings no freshness of its own.
struct PrimedScene : Scene {
  PrimedScene() { rule.ttl = 60s; }

  WriteGuard begin() { return cache.begin_write(write_tags); }
  PrimeResult prime(WriteGuard& guard, const Fields& headers = kJson, std::string body = "new", Duration sent = 1s,
                    HeaderSpan request = {}) {
    return guard.finish_and_prime(item_read(request), {200, headers, std::move(body)}, at(sent), at(2s));
  }
};

}  // namespace

TEST_CASE("The answer to a write is the answer to the next read") {
  PrimedScene scene;
  scene.fill(0s, cache_control("max-age=60"), "old");
  WriteGuard guard = scene.begin();
  REQUIRE(scene.prime(guard) == PrimeResult::stored);
  CHECK_FALSE(guard);
  const Decision next = scene.ask(3s);
  REQUIRE(next.action == ReadAction::serve);
  CHECK(next.entry->body == "new");
  CHECK(next.entry->status == 200);
  CHECK(next.entry->age(at(3s)) == 2s);  // counted from when the write was sent
  CHECK(scene.cache.stats().primed == 1);
  CHECK(scene.cache.stats().invalidations_by_write == 1);
  // The next write makes it stale like any other.
  scene.begin().finish();
  CHECK(scene.ask(4s).action != ReadAction::serve);
}

TEST_CASE("A tag that only the answer tells is primed as well") {
  PrimedScene scene;
  WriteGuard guard = scene.cache.begin_write(tags({"projects"}));
  REQUIRE(scene.prime(guard) == PrimeResult::stored);
  CHECK(scene.ask(3s).action == ReadAction::serve);
  scene.cache.begin_write(scene.item_tags).finish();
  CHECK(scene.ask(4s).action != ReadAction::serve);
}

TEST_CASE("Of two concurrent writes neither primes, in whatever order they end") {
  const bool first_ends_first = GENERATE(true, false);
  PrimedScene scene;
  WriteGuard first = scene.begin();
  WriteGuard second = scene.begin();
  WriteGuard& one = first_ends_first ? first : second;
  WriteGuard& other = first_ends_first ? second : first;
  CHECK(scene.prime(one) == PrimeResult::not_alone);
  CHECK(scene.prime(other) == PrimeResult::not_alone);
  CHECK(scene.ask(3s).action == ReadAction::fetch);
}

TEST_CASE("A write does not prime when something else falls into its time") {
  PrimedScene scene;
  WriteGuard lost_before = scene.begin();
  const auto what = GENERATE(0, 1, 2, 3, 4, 5);
  CAPTURE(what);
  if (what == 0) lost_before.finish_unknown(at(5s));  // may still take effect, after this one
  if (what != 0) lost_before.finish();
  WriteGuard guard = scene.begin();
  if (what == 1) scene.begin().finish();
  if (what == 2) scene.begin().finish_unknown(at(0s));
  if (what == 3) scene.cache.purge_all(PurgeMode::soft);
  if (what == 4) scene.cache.purge_tags(scene.item_tags, PurgeMode::soft);
  if (what == 5) scene.cache.purge_keys([](std::string_view) { return true; }, PurgeMode::soft);
  CHECK(scene.prime(guard) == PrimeResult::not_alone);
  CHECK_FALSE(guard);
  CHECK(scene.cache.stats().entries == 0);
}

TEST_CASE("A write to other tags is no obstacle") {
  PrimedScene scene;
  WriteGuard other = scene.cache.begin_write(tags({"projects/pr_2"}));
  WriteGuard guard = scene.cache.begin_write(scene.item_tags);
  CHECK(scene.prime(guard) == PrimeResult::stored);
  other.finish();
  CHECK(scene.ask(3s).action == ReadAction::serve);
}

TEST_CASE("What would not be stored for a read is not stored from a write") {
  struct Case {
    const char* name;
    Fields response;
    Fields request;
    bool has_rule;
  };
  const auto one = GENERATE(values<Case>({
      {"no-store", cache_control("no-store"), {}, true},
      {"private", cache_control("private"), {}, true},
      {"Vary: *", Fields{{"Vary", "*"}}, {}, true},
      {"the writer's no-store", kJson, cache_control("no-store"), true},
      {"no rule and no word of the origin", kJson, {}, false},
  }));
  CAPTURE(one.name);
  PrimedScene scene;
  if (!one.has_rule) scene.rule.ttl.reset();
  WriteGuard guard = scene.begin();
  CHECK(scene.prime(guard, one.response, "new", 1s, one.request) == PrimeResult::refused);
  CHECK(scene.cache.stats().entries == 0);
}

TEST_CASE("What the write's response says about itself is left out") {
  PrimedScene scene;
  WriteGuard guard = scene.begin();
  const Fields headers{{"ETag", "\"of the write\""},
                       {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                       {"Location", "/projects/pr_1"},
                       {"Content-Type", "application/json"}};
  REQUIRE(scene.prime(guard, headers) == PrimeResult::stored);
  const EntryPtr entry = scene.ask(3s).entry;
  REQUIRE(entry);
  CHECK_FALSE(entry->has_validator());
  CHECK(entry->headers.view().find("of the write") == std::string::npos);
  CHECK(entry->headers.view().find("Location") == std::string::npos);
  CHECK(find_in_block(entry->headers, "Content-Type") == "application/json");
}

TEST_CASE("A fetch that a primed write overtook is not stored over it") {
  PrimedScene scene;
  Decision overtaken = scene.ask(0s);
  WriteGuard guard = scene.begin();
  REQUIRE(scene.prime(guard) == PrimeResult::stored);
  scene.answer(overtaken.fetch, 3s, kJson, "old");
  CHECK(scene.result == StoreResult::generation_moved);
  CHECK(scene.ask(3s).entry->body == "new");
}

TEST_CASE("A guard that is over primes nothing") {
  PrimedScene scene;
  WriteGuard guard = scene.begin();
  guard.finish();
  CHECK(scene.prime(guard) == PrimeResult::refused);
  CHECK(scene.cache.stats().entries == 0);
}
