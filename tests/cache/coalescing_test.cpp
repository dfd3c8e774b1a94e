// Identical concurrent misses make one request, and nobody pays for another's trouble.
#include <array>
#include <thread>

#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kFresh = cache_control("max-age=60");

// A follower that remembers what it was told, and how often.
struct Follower {
  Waiter waiter() {
    return [this](const Shared& shared) {
      ++calls;
      outcome = shared.outcome;
      entry = shared.entry;
      error = shared.error;
    };
  }
  int calls = 0;
  SharedOutcome outcome = SharedOutcome::retry;
  EntryPtr entry;
  int error = 0;
  Wait wait;
};

void join(Scene& scene, Follower& follower, Duration when = 0s, HeaderSpan headers = {}) {
  Decision decision = scene.ask(when, headers, follower.waiter());
  REQUIRE(decision.action == ReadAction::wait);
  follower.wait = std::move(decision.wait);
}

}  // namespace

TEST_CASE("Followers of a fetch get its response, thousands of them") {
  Scene scene;
  Decision leader = scene.ask(0s);
  std::vector<Follower> followers(5000);
  for (Follower& follower : followers) join(scene, follower);
  const EntryPtr entry = scene.answer(leader.fetch, 1s, kFresh);
  for (const Follower& follower : followers) {
    if (follower.calls != 1 || follower.entry != entry) FAIL("a follower got something else");
  }
  CHECK(scene.cache.stats().fetches == 1);
  CHECK(scene.cache.stats().joined == 5000);
}

TEST_CASE("A leader that leaves makes its followers ask again: one of them leads") {
  Scene scene;
  auto leader = std::make_unique<Decision>(scene.ask(0s));
  Follower first;
  Follower second;
  join(scene, first);
  join(scene, second);
  leader.reset();
  CHECK(first.calls == 1);
  CHECK(first.outcome == SharedOutcome::retry);
  CHECK(second.outcome == SharedOutcome::retry);
  Decision next = scene.ask(1s);
  CHECK(next.action == ReadAction::fetch);
  CHECK(scene.ask(1s).action == ReadAction::wait);
}

TEST_CASE("A failure reaches those who waited, not those who come later") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Follower follower;
  join(scene, follower);
  leader.fetch.failed(at(1s), 504);
  CHECK(follower.outcome == SharedOutcome::failed);
  CHECK(follower.error == 504);
  CHECK(scene.ask(1s).action == ReadAction::fetch);
}

TEST_CASE("A failure gives each follower the stale response that its own directives allow") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  Decision leader = scene.ask(12s);
  Follower lenient;
  Follower strict;
  join(scene, lenient, 12s);
  join(scene, strict, 12s, cache_control("max-age=5"));
  CHECK(leader.fetch.failed(at(13s), 504) == stored);
  CHECK(lenient.outcome == SharedOutcome::stale_on_error);
  CHECK(lenient.entry == stored);
  CHECK(strict.outcome == SharedOutcome::failed);
}

TEST_CASE("An error response is shared with those who waited and not stored") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Follower follower;
  join(scene, follower);
  scene.answer(leader.fetch, 1s, {}, "oops", 500);
  REQUIRE(follower.entry);
  CHECK(follower.entry->status == 500);
  CHECK(follower.entry->body == "oops");
  CHECK(scene.ask(1s).action == ReadAction::fetch);
}

TEST_CASE("An error that the leader wants to see does not keep its followers from the stale response") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  Decision leader = scene.ask(12s, cache_control("no-cache"));
  Follower lenient;
  Follower strict;
  join(scene, lenient, 12s);
  join(scene, strict, 12s, cache_control("max-age=5"));
  const EntryPtr error = scene.answer(leader.fetch, 13s, {}, "down", 503);
  CHECK(error->status == 503);
  CHECK(lenient.outcome == SharedOutcome::stale_on_error);
  CHECK(lenient.entry == stored);
  CHECK(strict.outcome == SharedOutcome::response);
  CHECK(strict.entry == error);
}

TEST_CASE("A follower that refuses the stale response which the leader gets instead of an error asks by itself") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  Decision leader = scene.ask(12s);
  Follower strict;
  join(scene, strict, 12s, cache_control("max-age=5"));
  CHECK(scene.answer(leader.fetch, 13s, {}, "down", 503) == stored);
  CHECK(strict.outcome == SharedOutcome::retry);
}

TEST_CASE("The stale response stands in for an error whose body nobody waits for, and for no other answer") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  Decision leader = scene.ask(12s);
  Follower follower;
  join(scene, follower, 12s);
  for (const int status : {200, 404, 501}) CHECK_FALSE(leader.fetch.stand_in(status, at(13s)));
  CHECK(leader.fetch);
  CHECK(leader.fetch.stand_in(503, at(13s)) == stored);
  CHECK_FALSE(leader.fetch);
  CHECK(follower.outcome == SharedOutcome::stale_on_error);
  CHECK(follower.entry == stored);
}

TEST_CASE("A large answer supersedes what is stored, a large error does not") {
  const auto [status, is_kept] = GENERATE(table<int, bool>({{200, false}, {404, false}, {503, true}, {429, true}}));
  CAPTURE(status);
  Scene scene;
  scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  scene.ask(12s, cache_control("no-cache")).fetch.too_large(status, at(13s));
  CHECK((scene.cache.stats().entries == 1) == is_kept);
}

TEST_CASE("An uncacheable response releases its followers, and later requests don't wait for each other") {
  Options options = small_cache();
  options.pass_through_time = 30s;
  Scene scene(options);
  Decision leader = scene.ask(0s);
  Follower follower;
  join(scene, follower);
  SECTION("seen at its head") {
    CHECK(leader.fetch.uncacheable_head(200, cache_control("private"), at(0s)));
  }
  SECTION("seen as it grows") {
    leader.fetch.too_large(200, at(0s));
  }
  SECTION("seen at its end") {
    scene.answer(leader.fetch, 0s, cache_control("no-store"));
  }
  CHECK(follower.outcome == SharedOutcome::retry);
  Decision a = scene.ask(1s);
  Decision b = scene.ask(1s);
  CHECK(a.action == ReadAction::fetch);
  CHECK(b.action == ReadAction::fetch);

  // A cacheable one ends it before its time.
  scene.answer(a.fetch, 2s, cache_control("max-age=2"));
  CHECK(scene.result == StoreResult::stored);
  CHECK(scene.ask(2s).action == ReadAction::serve);
  Decision c = scene.ask(5s);
  CHECK(scene.ask(5s).action == ReadAction::wait);
}

TEST_CASE("Pass-through ends with its time") {
  Options options = small_cache();
  options.pass_through_time = 30s;
  Scene scene(options);
  scene.ask(0s).fetch.too_large(200, at(0s));
  const Decision leader = scene.ask(30s);
  CHECK(scene.ask(30s).action == ReadAction::wait);
}

TEST_CASE("What must be validated on each use doesn't make its users wait for each other") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Follower follower;
  join(scene, follower);
  scene.answer(leader.fetch, 0s, Fields{{"Cache-Control", "no-cache"}, {"ETag", "\"v1\""}});
  CHECK(scene.result == StoreResult::stored);
  CHECK(follower.outcome == SharedOutcome::retry);
  const Decision a = scene.ask(1s);
  const Decision b = scene.ask(1s);
  CHECK(a.action == ReadAction::revalidate);
  CHECK(b.action == ReadAction::revalidate);
}

TEST_CASE("A follower that gave up is not called") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Follower cancelled;
  Follower destroyed;
  Follower patient;
  join(scene, cancelled);
  join(scene, destroyed);
  join(scene, patient);
  CHECK(cancelled.wait.cancel());
  destroyed.wait = Wait();
  scene.answer(leader.fetch, 1s, kFresh);
  CHECK(cancelled.calls == 0);
  CHECK(destroyed.calls == 0);
  CHECK(patient.calls == 1);
  CHECK_FALSE(patient.wait.cancel());
}

TEST_CASE("Giving up lets go at once of what the waiter holds") {
  Scene scene;
  const Decision leader = scene.ask(0s);
  auto held = std::make_shared<int>(1);
  Decision decision = scene.ask(0s, {}, [held](const Shared&) {});
  CHECK(held.use_count() == 2);
  decision.wait.cancel();
  CHECK(held.use_count() == 1);
}

TEST_CASE("A follower of another variant asks again, and then knows its own kind") {
  Scene scene;
  const Fields german{{"Accept-Language", "de"}};
  const Fields english{{"Accept-Language", "en"}};
  Decision leader = scene.ask(0s, german);
  Follower same;
  Follower other;
  join(scene, same, 0s, german);
  join(scene, other, 0s, english);
  scene.answer(leader.fetch, 1s, Fields{{"Cache-Control", "max-age=5"}, {"Vary", "Accept-Language"}});
  CHECK(same.outcome == SharedOutcome::response);
  CHECK(other.outcome == SharedOutcome::retry);
  const Decision english_leader = scene.ask(10s, english);
  const Decision german_leader = scene.ask(10s, german);
  CHECK(german_leader.action == ReadAction::fetch);
  CHECK(scene.ask(10s, english).action == ReadAction::wait);
  CHECK(scene.ask(10s, german).action == ReadAction::wait);
}

TEST_CASE("Who asks for a response of now doesn't join one that was sent before") {
  const std::string directive = GENERATE("no-cache", "max-age=0");
  Scene scene;
  const Decision leader = scene.ask(0s);
  const Decision own = scene.ask(0s, cache_control(directive));
  CHECK(own.action == ReadAction::fetch);
}

TEST_CASE("A follower whose directives the response doesn't meet asks again") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Follower content;
  Follower demanding;
  join(scene, content);
  join(scene, demanding, 0s, cache_control("max-age=5"));
  scene.answer(leader.fetch, 1s, Fields{{"Cache-Control", "max-age=60"}, {"Age", "20"}});
  CHECK(content.outcome == SharedOutcome::response);
  CHECK(demanding.outcome == SharedOutcome::retry);
}

TEST_CASE("Who must not wait fetches alone") {
  Scene scene;
  const Decision leader = scene.ask(0s);
  Read read = scene.item_read();
  read.may_wait = false;
  CHECK(scene.cache.read(read, at(0s), no_waiter).action == ReadAction::fetch);
}

TEST_CASE("A fetch that a write overtook is replaced as the one to join") {
  Scene scene;
  Decision overtaken = scene.ask(0s);
  Follower early;
  join(scene, early);
  scene.cache.begin_write(scene.write_tags).finish();
  Decision current = scene.ask(1s);
  CHECK(current.action == ReadAction::fetch);
  Follower late;
  join(scene, late, 1s);
  scene.answer(overtaken.fetch, 2s, kFresh, "old");
  CHECK(scene.result == StoreResult::generation_moved);
  CHECK(early.entry->body == "old");
  CHECK(late.calls == 0);
  scene.answer(current.fetch, 2s, kFresh, "new");
  CHECK(late.entry->body == "new");
}

TEST_CASE("A waiter may ask the cache again from within its call") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Decision again;
  const Decision follower = scene.ask(0s, {}, [&](const Shared&) { again = scene.ask(1s); });
  leader.fetch = Fetch();
  CHECK(again.action == ReadAction::fetch);
}

TEST_CASE("A duty that is over does nothing more") {
  Scene scene;
  Decision leader = scene.ask(0s);
  scene.answer(leader.fetch, 0s, kFresh, "first");
  CHECK_FALSE(scene.answer(leader.fetch, 0s, kFresh, "second"));
  CHECK_FALSE(leader.fetch.failed(at(0s), 504));
  CHECK_FALSE(leader.fetch.uncacheable_head(200, {}, at(0s)));
  CHECK(leader.fetch.validators().empty());
  CHECK(scene.ask(1s).entry->body == "first");
}

TEST_CASE("Of a call and a cancellation at the same time exactly one wins") {
  Scene scene;
  for (int round = 0; round < 300; ++round) {
    scene.cache.purge_all(PurgeMode::hard);
    Decision leader = scene.ask(0s);
    std::atomic<int> calls{0};
    std::array<Wait, 8> waits;
    for (Wait& wait : waits) wait = scene.ask(0s, {}, [&](const Shared&) { ++calls; }).wait;
    int cancelled = 0;
    std::thread canceller([&] {
      for (Wait& wait : waits) cancelled += wait.cancel() ? 1 : 0;
    });
    scene.answer(leader.fetch, 1s, kFresh);
    canceller.join();
    if (cancelled + calls != 8) FAIL("called " << calls << ", cancelled " << cancelled);
  }
}
