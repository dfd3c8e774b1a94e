// Tags that only the origin's answer names: they hold from the beginning of the fetch that brought the answer.
#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kTaggedForAMinute{{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}};

EntryPtr answer_tagged(Scene& scene, Fetch& fetch, Duration when, const Tags& origins_own) {
  return fetch.complete({200, kTaggedForAMinute, "{}", origins_own}, at(when), scene.result);
}

}  // namespace

TEST_CASE("What carries one of the origin's own tags is purged, and made stale by a write, by that tag") {
  Scene scene;
  const Tags own = tags({"user:1", "all"});
  const auto fetch = [&](Duration when) {
    Decision decision = scene.ask(when);
    answer_tagged(scene, decision.fetch, when, own);
    return decision.action;
  };
  fetch(0s);
  CHECK(scene.ask(1s).entry->tags == "projects/pr_1 user:1 all");
  CHECK(scene.cache.purge_tags(tags({"user:2"}), PurgeMode::hard).entries == 0);
  CHECK(scene.cache.purge_tags(tags({"user:1"}), PurgeMode::hard).entries == 1);
  CHECK(fetch(2s) == ReadAction::fetch);
  scene.cache.begin_write(tags({"all"})).finish();
  CHECK(fetch(3s) == ReadAction::revalidate);
  CHECK(scene.ask(4s).action == ReadAction::serve);
}

TEST_CASE(
    "A fetch that a purge of one of the origin's own tags overtook is not kept, nor given to who joined it later") {
  const PurgeMode mode = GENERATE(PurgeMode::hard, PurgeMode::soft);
  Scene scene;
  Decision leader = scene.ask(0s);
  scene.cache.purge_tags(tags({"user:1"}), mode);
  SharedOutcome outcome{};
  Decision follower = scene.ask(1s, {}, [&](const Shared& shared) { outcome = shared.outcome; });
  REQUIRE(follower.action == ReadAction::wait);
  CHECK(answer_tagged(scene, leader.fetch, 2s, tags({"user:1"})));
  CHECK(scene.result == StoreResult::generation_moved);
  CHECK(outcome == SharedOutcome::retry);
  CHECK(scene.cache.stats().entries == 0);
}

TEST_CASE("A purge of another tag leaves the fetch as it is") {
  Scene scene;
  Decision leader = scene.ask(0s);
  scene.cache.purge_tags(tags({"user:2"}), PurgeMode::hard);
  answer_tagged(scene, leader.fetch, 1s, tags({"user:1"}));
  CHECK(scene.result == StoreResult::stored);
}

TEST_CASE("A 304 without tags keeps those that are stored, one with tags replaces them") {
  Scene scene;
  Decision first = scene.ask(0s);
  answer_tagged(scene, first.fetch, 0s, tags({"a"}));
  Decision second = scene.ask(100s);
  REQUIRE(second.action == ReadAction::revalidate);
  second.fetch.not_modified(kTaggedForAMinute, at(100s), scene.result);
  CHECK(scene.ask(101s).entry->tags == "projects/pr_1 a");
  Decision third = scene.ask(200s);
  const Tags others = tags({"b"});
  third.fetch.not_modified(kTaggedForAMinute, at(200s), scene.result, &others);
  CHECK(scene.ask(201s).entry->tags == "projects/pr_1 b");
  CHECK(scene.cache.purge_tags(tags({"a"}), PurgeMode::hard).entries == 0);
  CHECK(scene.cache.purge_tags(tags({"b"}), PurgeMode::hard).entries == 1);
}

TEST_CASE("What a write primes carries the origin's own tags, unless one was purged meanwhile") {
  const bool is_purged = GENERATE(false, true);
  Scene scene;
  scene.rule.ttl = 60s;
  WriteGuard guard = scene.cache.begin_write(scene.write_tags);
  if (is_purged) scene.cache.purge_tags(tags({"a"}), PurgeMode::hard);
  // One of its own tags may be named as well: that it has moved itself.
  const Tags own = tags({"a", "projects/pr_1"});
  const auto result = guard.finish_and_prime(scene.item_read(), {200, kTaggedForAMinute, "{}", own}, at(0s), at(1s));
  CHECK(result == (is_purged ? PrimeResult::not_alone : PrimeResult::stored));
  if (is_purged) return;
  CHECK(scene.ask(2s).action == ReadAction::serve);
  CHECK(scene.cache.purge_tags(tags({"a"}), PurgeMode::hard).entries == 1);
}
