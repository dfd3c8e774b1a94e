// What the cache tells of a key: what is stored, why it is not fresh, why it is gone, and what would happen.
#include "cache/cache.h"
#include "cache/movements.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kFreshForAMinute = cache_control("max-age=60");

Options with_clock(Duration when, Options options = small_cache()) {
  options.clock = [when] { return at(when); };
  return options;
}

}  // namespace

TEST_CASE("To ask why is no use of an entry, begins no fetch and counts nowhere") {
  Scene scene;
  CHECK(scene.cache.why(scene.item_read(), at(0s)).action == ReadAction::fetch);
  scene.fill(0s, kFreshForAMinute);
  const Stats before = scene.cache.stats();
  const Why why = scene.cache.why(scene.item_read(), at(1s));
  CHECK(why.action == ReadAction::serve);
  REQUIRE(why.variants.size() == 1);
  CHECK(why.variants[0].is_selected);
  CHECK(why.variants[0].hits == 0);
  const Stats after = scene.cache.stats();
  CHECK(after.hits == before.hits);
  CHECK(after.in_flight == 0);
}

TEST_CASE("What would happen is what happens") {
  Scene scene;
  scene.rule.stale_while_revalidate = 10s;
  scene.fill(0s, Fields{{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}});
  const auto [when, directives, reason] = GENERATE(table<Duration, std::string, StaleReason>({
      {1s, "", StaleReason::none},
      {1s, "no-cache", StaleReason::none},
      {1s, "no-store", StaleReason::none},
      {65s, "", StaleReason::expired},
      {100s, "", StaleReason::expired},
      {100s, "only-if-cached", StaleReason::expired},
      {100s, "max-stale", StaleReason::expired},
  }));
  CAPTURE(when, directives);
  const Fields request = directives.empty() ? Fields{} : cache_control(directives);
  const Why why = scene.cache.why(scene.item_read(request), at(when));
  const Decision decision = scene.ask(when, request);
  CHECK(why.action == decision.action);
  CHECK(why.reason == decision.reason);
  if (directives != "no-store") CHECK(why.stale == reason);
}

TEST_CASE("A write is named by its request, with its end, at the tags that it moved") {
  Scene scene(with_clock(7s));
  scene.fill(0s, kFreshForAMinute);
  WriteGuard guard = scene.cache.begin_write(scene.write_tags, "request-1");
  Why why = scene.cache.why(scene.item_read(), at(5s));
  CHECK(why.stale == StaleReason::write_under_way);
  CHECK(why.tags.at(0).writes_under_way == 1);
  CHECK_FALSE(why.tags.at(0).last_moved);

  const bool is_lost = GENERATE(false, true);
  if (is_lost) {
    guard.finish_unknown(at(20s));
  } else {
    guard.finish();
  }
  why = scene.cache.why(scene.item_read(), at(8s));
  CHECK(why.stale == StaleReason::changed);
  const Why::TagStanding& tag = why.tags.at(0);
  REQUIRE(tag.last_moved);
  CHECK(tag.last_moved->by == "request-1");
  CHECK(tag.last_moved->mover == (is_lost ? Mover::lost_write : Mover::write));
  CHECK(tag.last_moved->at == at(7s));
  CHECK(tag.unsettled_until == (is_lost ? std::optional(at(20s)) : std::nullopt));
  CHECK(why.action == (is_lost ? ReadAction::pass : ReadAction::fetch));
  CHECK(scene.ask(8s).stale == StaleReason::changed);
}

TEST_CASE("A refused write has moved nothing") {
  Scene scene;
  scene.fill(0s, kFreshForAMinute);
  scene.cache.begin_write(scene.write_tags, "request-1").finish_refused();
  const Why why = scene.cache.why(scene.item_read(), at(5s));
  CHECK(why.stale == StaleReason::none);
  CHECK_FALSE(why.tags.at(0).last_moved);
}

TEST_CASE("A purge is told from a write, by its number") {
  Scene scene(with_clock(3s));
  scene.fill(0s, kFreshForAMinute);
  CHECK(scene.cache.purge_keys([](std::string_view) { return false; }, PurgeMode::hard).number == 1);
  SECTION("of tags") {
    CHECK(scene.cache.purge_tags(scene.item_tags, PurgeMode::hard).number == 2);
    const Why why = scene.cache.why(scene.item_read(), at(4s));
    REQUIRE(why.departed);
    CHECK(why.departed->how == Departure::purged);
    CHECK(why.departed->purge == 2);
    CHECK(why.departed->at == at(3s));
    CHECK(why.tags.at(0).last_moved->by == "purge 2");
    CHECK(why.tags.at(0).last_moved->mover == Mover::purge);
  }
  SECTION("of everything") {
    scene.cache.purge_all(PurgeMode::hard);
    CHECK(scene.cache.why(scene.item_read(), at(4s)).everything_moved->by == "purge 2");
  }
  SECTION("softly") {
    scene.cache.purge_tags(scene.item_tags, PurgeMode::soft);
    CHECK(scene.cache.why(scene.item_read(), at(4s)).variants.at(0).stale == StaleReason::purged);
    CHECK(scene.ask(4s).stale == StaleReason::purged);
  }
  SECTION("as a rule changed") {
    scene.cache.purge_keys([](std::string_view) { return true; }, PurgeMode::outdated);
    CHECK(scene.ask(4s).stale == StaleReason::rule_changed);
  }
}

TEST_CASE("What was not stored, or ended what was, says so until something is stored again") {
  Scene scene;
  const auto how_of = [&] { return scene.cache.why(scene.item_read(), at(99s)).departed; };
  scene.fill(0s, cache_control("private"));
  REQUIRE(how_of());
  CHECK(how_of()->how == Departure::not_stored);
  CHECK(how_of()->why == "private");
  CHECK(scene.cache.why(scene.item_read(), at(1s)).asks_alone);

  scene.fill(31s, cache_control("max-age=1"));
  CHECK_FALSE(how_of());
  scene.fill(40s, cache_control("no-store"));
  CHECK(how_of()->how == Departure::superseded);
  CHECK(how_of()->why == "no-store");
  CHECK(how_of()->at == at(40s));
}

TEST_CASE("An evicted entry is told from one that was never there") {
  Options options;
  options.store.max_bytes = 64 << 10;
  options.store.shards = 1;
  Scene scene(options);
  scene.fill(0s, kFreshForAMinute);
  const std::string first = scene.item_key;
  for (int i = 0; i < 200 && scene.cache.stats().evictions == 0; ++i) {
    scene.item_key = make_key({"Projects_get", "u", "/other/" + std::to_string(i), ""});
    scene.fill(1s, kFreshForAMinute, std::string(2'000, 'x'));
  }
  scene.item_key = first;
  const auto departed = scene.cache.why(scene.item_read(), at(2s)).departed;
  REQUIRE(departed);
  CHECK(departed->how == Departure::evicted);
  CHECK(departed->at == at(1s));
  scene.item_key = "never";
  CHECK_FALSE(scene.cache.why(scene.item_read(), at(2s)).departed);
}

TEST_CASE("Of more variants than are kept, the one that left is told") {
  Options options = small_cache();
  options.store.max_variants = 2;
  Scene scene(options);
  for (const char* language : {"a", "b", "c"}) {
    const Fields request{{"Accept-Language", language}};
    scene.fill(1s, Fields{{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Language"}}, "{}", request);
  }
  const Why why = scene.cache.why(scene.item_read(Fields{{"Accept-Language", "c"}}), at(2s));
  CHECK(why.variants.size() == 2);
  CHECK(why.action == ReadAction::serve);
}

TEST_CASE("A movement keeps the last one of its slot, and the beginning of a long name") {
  Movements movements;
  movements.note(1, Mover::write, at(1s), "a");
  movements.note(1, Mover::purge, at(2s), std::string(100, 'b'));
  REQUIRE(movements.last(1));
  CHECK(movements.last(1)->mover == Mover::purge);
  CHECK(movements.last(1)->at == at(2s));
  CHECK(movements.last(1)->by == std::string(44, 'b'));
  CHECK_FALSE(movements.last(2));
  // Another slot of the same place: the first one's is forgotten, and never told as the other's.
  movements.note(1 + 4096, Mover::write, at(3s), "c");
  CHECK_FALSE(movements.last(1));
  CHECK(movements.last(1 + 4096)->by == "c");
}
