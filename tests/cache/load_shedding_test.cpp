// An upstream that sheds load is helped: it is asked once, left alone for as long as it says, and what is stored stands
// in.
#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kWithCopy = cache_control("max-age=1, stale-if-error=600");

Fields retry_after(std::string value) {
  return Fields{{"Retry-After", std::move(value)}};
}

}  // namespace

TEST_CASE("Those who wait for a fetch share the refusal with which the upstream sheds load") {
  const int status = GENERATE(429, 503);
  Scene scene;
  Decision leader = scene.ask(0s);
  EntryPtr shared;
  const Decision follower = scene.ask(0s, {}, [&](const Shared& outcome) { shared = outcome.entry; });
  const EntryPtr entry = scene.answer(leader.fetch, 1s, {}, "too much", status);
  REQUIRE(entry);
  CHECK(scene.result == StoreResult::error_shared);
  CHECK(shared == entry);
  CHECK(scene.cache.stats().entries == 0);
  // Without Retry-After nothing forbids to ask again, and whoever does is waited for.
  Decision next = scene.ask(2s);
  CHECK(next.action == ReadAction::fetch);
  CHECK(scene.ask(2s).action == ReadAction::wait);
}

TEST_CASE("What is stored stands in for 429 as for 503, for as long as Retry-After says without a request") {
  const int status = GENERATE(429, 503);
  Scene scene;
  scene.fill(0s, kWithCopy, "stored");
  Decision leader = scene.ask(5s);
  EntryPtr shared;
  const Decision follower = scene.ask(5s, {}, [&](const Shared& outcome) { shared = outcome.entry; });
  const EntryPtr stale = scene.answer(leader.fetch, 5s, retry_after("30"), "too much", status);
  REQUIRE(stale);
  CHECK(scene.result == StoreResult::stale_on_error);
  CHECK(stale->body == "stored");
  CHECK(shared == stale);
  const Decision spared = scene.ask(34s);
  REQUIRE(spared.action == ReadAction::serve_stale_on_error);
  CHECK(spared.entry == stale);
  CHECK(scene.cache.stats().sheds == 1);
  CHECK(scene.ask(36s).action == ReadAction::fetch);
}

TEST_CASE("Where nothing may stand in, the refusal itself is repeated until Retry-After has passed") {
  const int status = GENERATE(429, 503);
  const bool has_invalidated = GENERATE(false, true);
  Scene scene;
  if (has_invalidated) {
    scene.fill(0s, kWithCopy, "stored");
    scene.cache.begin_write(scene.write_tags).finish();
  }
  Decision leader = scene.ask(5s);
  scene.answer(leader.fetch, 5s, retry_after("30"), "too much", status);
  const Decision spared = scene.ask(15s);
  REQUIRE(spared.action == ReadAction::shed);
  CHECK(spared.shed.status == status);
  CHECK(spared.shed.wait == 20s);
  CHECK(scene.ask(15s, cache_control("no-cache")).action == ReadAction::shed);
  CHECK(scene.ask(15s, cache_control("only-if-cached")).action == ReadAction::only_if_cached_miss);
  CHECK(scene.ask(35s).action == ReadAction::fetch);
}

TEST_CASE("An upstream that answers all keys so is asked for none until another answer, or a purge of all") {
  enum class End { time, purge };
  const End end = GENERATE(End::time, End::purge);
  Scene scene;
  const auto shed = [&](int key, int status) {
    scene.item_key = make_key({"Projects_get", "u", "/projects/" + std::to_string(key), ""});
    Decision decision = scene.ask(0s);
    REQUIRE(decision.fetch);
    decision.fetch.uncacheable_head(status, retry_after("30"), at(0s));  // one answer, told by its head and by its end
    scene.answer(decision.fetch, 100ms, retry_after("30"), "", status);
  };
  for (int key = 0; key < 9; ++key) shed(key, 503);
  shed(100, 200);
  for (int key = 10; key < 19; ++key) shed(key, 429);
  scene.item_key = make_key({"Projects_get", "u", "/projects/another", ""});
  CHECK(scene.ask(1s).action == ReadAction::fetch);
  shed(19, 429);
  scene.item_key = make_key({"Projects_get", "u", "/projects/another", ""});
  CHECK(scene.ask(1s).action == ReadAction::shed);
  if (end == End::purge) scene.cache.purge_all(PurgeMode::soft);
  CHECK(scene.ask(end == End::purge ? 1s : 31s).action == ReadAction::fetch);
}

TEST_CASE("What one caller may not have says nothing of the others") {
  Scene scene;
  Read theirs = scene.item_read();
  theirs.authorized = true;
  Decision decision = scene.cache.read(theirs, at(0s), no_waiter);
  scene.answer(decision.fetch, 0s, retry_after("30"), "your limit", 429);
  CHECK(scene.ask(1s).action == ReadAction::fetch);
}

TEST_CASE("Who has waited long is served what may stand in for an error, and leaves the fetch to others") {
  Scene scene;
  scene.fill(0s, kWithCopy, "stored");
  const Decision leader = scene.ask(5s);
  REQUIRE(leader.fetch);
  Read read = scene.item_read();
  read.is_hurried = true;
  const Decision hurried = scene.cache.read(read, at(6s), no_waiter);
  REQUIRE(hurried.action == ReadAction::serve_stale_on_error);
  CHECK(hurried.entry->body == "stored");
  CHECK(scene.cache.read(read, at(700s), no_waiter).action == ReadAction::wait);  // too old to stand in
}
