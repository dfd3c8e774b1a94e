// What `read` decides, and what becomes of responses.
#include "cache/cache.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const Fields kTagged{{"Cache-Control", "max-age=10"}, {"ETag", "\"v1\""}};

}  // namespace

TEST_CASE("A miss is fetched, stored and then served") {
  Scene scene;
  Decision miss = scene.ask(0s);
  REQUIRE(miss.action == ReadAction::fetch);
  CHECK(miss.reason == MissReason::uri_miss);
  CHECK(miss.fetch.validators().empty());
  const EntryPtr stored = scene.answer(miss.fetch, 0s, kTagged, "body");
  CHECK(scene.result == StoreResult::stored);
  CHECK(stored->body == "body");
  CHECK_FALSE(miss.fetch);

  const Decision hit = scene.ask(5s);
  CHECK(hit.action == ReadAction::serve);
  CHECK(hit.reason == MissReason::none);
  CHECK(hit.entry == stored);
  CHECK(scene.cache.find_fresh(scene.item_read(), at(5s)) == stored);
  const Stats stats = scene.cache.stats();
  CHECK(stats.entries == 1);
  CHECK(stats.hits == 2);
  CHECK(stats.fetches == 1);
  CHECK(stats.in_flight == 0);
}

TEST_CASE("A stale response with a validator is revalidated, and a 304 makes it fresh") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, kTagged, "body");
  CHECK_FALSE(scene.cache.find_fresh(scene.item_read(), at(10s)));
  Decision decision = scene.ask(10s);
  REQUIRE(decision.action == ReadAction::revalidate);
  CHECK(decision.reason == MissReason::stale);
  CHECK(decision.entry == stored);
  REQUIRE(decision.fetch.validators().size() == 1);
  CHECK(decision.fetch.validators()[0].value == "\"v1\"");
  const EntryPtr fresh = decision.fetch.not_modified(Fields{{"ETag", "\"v1\""}}, at(10s), scene.result);
  CHECK(scene.result == StoreResult::updated);
  CHECK(fresh->body == stored->body);
  CHECK(scene.ask(15s).entry == fresh);
}

TEST_CASE("A 304 about something else is asked again without validators") {
  Scene scene;
  scene.fill(0s, kTagged, "old");
  Decision decision = scene.ask(10s);
  CHECK_FALSE(decision.fetch.not_modified(Fields{{"ETag", "\"v2\""}}, at(10s), scene.result));
  CHECK(scene.result == StoreResult::not_selected);
  REQUIRE(decision.fetch);
  CHECK(decision.fetch.validators().empty());
  CHECK(scene.answer(decision.fetch, 10s, kTagged, "new"));
  CHECK(scene.ask(11s).entry->body == "new");
}

TEST_CASE("A 304 that forbids storing answers its request and removes the entry") {
  Scene scene;
  scene.fill(0s, kTagged);
  Decision decision = scene.ask(10s);
  CHECK(decision.fetch.not_modified(cache_control("no-store"), at(10s), scene.result));
  CHECK(scene.result == StoreResult::not_cacheable);
  CHECK(scene.cache.stats().entries == 0);
}

TEST_CASE("A rule's ttl stores what has no explicit freshness") {
  Scene scene;
  scene.fill(0s, {});
  CHECK(scene.result == StoreResult::no_rule);
  scene.rule.ttl = 5s;
  scene.fill(0s, {});
  CHECK(scene.result == StoreResult::stored);
  CHECK(scene.ask(4s).action == ReadAction::serve);
  CHECK(scene.ask(5s).action == ReadAction::fetch);
}

TEST_CASE("A response that is not to be stored stays with the caller") {
  Scene scene;
  Decision decision = scene.ask(0s);
  const Fields headers = cache_control("private");
  Response response{200, headers, "secret"};
  const auto offer = [&](Response& offered) {
    return decision.fetch.complete(std::move(offered), at(0s), scene.result);
  };
  CHECK_FALSE(offer(response));
  CHECK(scene.result == StoreResult::not_cacheable);
  CHECK(response.body == "secret");
}

TEST_CASE("A successful answer that is not to be stored ends what was stored, an error doesn't") {
  const auto [status, remaining] = GENERATE(table<int, std::size_t>({
      {200, 0},
      {302, 0},
      {404, 0},
      {206, 1},
      {401, 1},
      {429, 1},
      {500, 1},
  }));
  CAPTURE(status);
  Scene scene;
  scene.fill(0s, kTagged);
  Decision decision = scene.ask(10s);
  scene.answer(decision.fetch, 10s, cache_control("no-store"), "x", status);
  CHECK(scene.cache.stats().entries == remaining);
}

TEST_CASE("Within stale-while-revalidate one request refreshes and all are served") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, cache_control("max-age=10, stale-while-revalidate=10"));
  Decision first = scene.ask(12s);
  REQUIRE(first.action == ReadAction::serve_stale_and_refresh);
  CHECK(first.entry == stored);
  const Decision second = scene.ask(13s);
  CHECK(second.action == ReadAction::serve);
  CHECK(second.entry == stored);
  const EntryPtr fresh = scene.answer(first.fetch, 13s, cache_control("max-age=10"), "new");
  CHECK(scene.ask(14s).entry == fresh);
  CHECK(scene.cache.stats().stale_hits == 2);
}

TEST_CASE("A refresh that fails leaves the stale response and lets the next one try") {
  Scene scene;
  scene.fill(0s, cache_control("max-age=10, stale-while-revalidate=10"));
  Decision first = scene.ask(12s);
  first.fetch.failed(at(12s), 504);
  CHECK(scene.ask(13s).action == ReadAction::serve_stale_and_refresh);
}

TEST_CASE("A stale response stands in for an error of the origin and for none") {
  Scene scene;
  const EntryPtr stored = scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  Decision decision = scene.ask(12s);
  CHECK(decision.fetch.stale_if_error(at(12s)) == stored);
  SECTION("no answer") {
    CHECK(decision.fetch.failed(at(12s), 504) == stored);
  }
  SECTION("an answer of 503") {
    CHECK(scene.answer(decision.fetch, 12s, {}, "down", 503) == stored);
    CHECK(scene.result == StoreResult::stale_on_error);
  }
  SECTION("an answer of 404 is no error") {
    CHECK_FALSE(scene.answer(decision.fetch, 12s, {}, "gone", 404));
    CHECK(scene.result == StoreResult::no_rule);
  }
  SECTION("too late") {
    CHECK_FALSE(decision.fetch.failed(at(70s), 504));
  }
}

TEST_CASE("What a write or a purge has reached meanwhile stands in for no error") {
  Scene scene;
  scene.fill(0s, cache_control("max-age=10, stale-if-error=60"));
  Decision decision = scene.ask(12s);
  SECTION("a write") {
    scene.cache.begin_write(scene.write_tags).finish();
  }
  SECTION("a purge of keys") {
    scene.cache.purge_keys([](std::string_view) { return true; }, PurgeMode::soft);
  }
  CHECK_FALSE(decision.fetch.stale_if_error(at(12s)));
  CHECK_FALSE(decision.fetch.failed(at(12s), 504));
}

TEST_CASE("A refresh that a write overtook doesn't keep another from refreshing") {
  Scene scene;
  const Fields headers = cache_control("max-age=10, stale-while-revalidate=60");
  scene.fill(0s, headers);
  const Decision overtaken = scene.ask(12s);
  REQUIRE(overtaken.action == ReadAction::serve_stale_and_refresh);
  scene.cache.begin_write(scene.write_tags).finish();
  scene.fill(13s, headers);
  CHECK(scene.ask(30s).action == ReadAction::serve_stale_and_refresh);
}

TEST_CASE("Request directives decide about stored responses") {
  const auto [directive, when, action, reason] = GENERATE(table<std::string, Duration, ReadAction, MissReason>({
      {"no-store", 5s, ReadAction::pass, MissReason::request},
      {"no-cache", 5s, ReadAction::revalidate, MissReason::request},
      {"max-age=0", 5s, ReadAction::revalidate, MissReason::request},
      {"max-age=4", 5s, ReadAction::revalidate, MissReason::request},
      {"max-age=6", 5s, ReadAction::serve, MissReason::none},
      {"min-fresh=6", 5s, ReadAction::revalidate, MissReason::request},
      {"max-stale=5", 12s, ReadAction::serve, MissReason::none},
      {"max-stale=1", 12s, ReadAction::revalidate, MissReason::stale},
      {"only-if-cached", 5s, ReadAction::serve, MissReason::none},
      {"only-if-cached", 12s, ReadAction::only_if_cached_miss, MissReason::stale},
  }));
  CAPTURE(directive);
  Scene scene;
  scene.fill(0s, kTagged);
  const Decision decision = scene.ask(when, cache_control(directive));
  CHECK(decision.action == action);
  CHECK(decision.reason == reason);
}

TEST_CASE("HEAD is answered from a stored GET and never fetched through the cache") {
  Scene scene;
  Read head = scene.item_read();
  head.is_head = true;
  CHECK(scene.cache.read(head, at(0s), no_waiter).action == ReadAction::pass);
  scene.fill(0s, kTagged);
  CHECK(scene.cache.read(head, at(1s), no_waiter).action == ReadAction::serve);
}

TEST_CASE("A Range is cut from the whole that is fetched: many at once are one fetch, and the next one a hit") {
  Scene scene;
  const Fields ranged{{"Range", "bytes=0-1"}};
  Decision leader = scene.ask(0s, ranged);
  REQUIRE(leader.action == ReadAction::fetch);
  CHECK(scene.ask(0s, ranged).action == ReadAction::wait);
  CHECK(scene.ask(0s).action == ReadAction::wait);
  scene.answer(leader.fetch, 0s, kTagged);
  CHECK(scene.ask(1s, ranged).action == ReadAction::serve);
}

TEST_CASE("Who sends Authorization neither gets nor makes what others get, unless the origin says public") {
  Scene scene;
  scene.rule.ttl = 60s;
  const auto ask = [&](bool authorized, Waiter waiter = no_waiter) {
    Read read = scene.item_read();
    read.authorized = authorized;
    CHECK((scene.cache.find_fresh(read, at(1s)) != nullptr) ==
          (scene.cache.read(read, at(1s), no_waiter).action == ReadAction::serve));
    return scene.cache.read(read, at(1s), std::move(waiter));
  };
  SECTION("stored for anybody") {
    scene.fill(0s, Fields{{"ETag", "\"v1\""}}, "anybody's");
    CHECK(ask(false).action == ReadAction::serve);
    Decision theirs = ask(true);
    REQUIRE(theirs.action == ReadAction::fetch);  // and no 304 about what is anybody's
    CHECK(theirs.fetch.validators().empty());
    CHECK_FALSE(scene.answer(theirs.fetch, 1s, Fields{}, "theirs"));
    CHECK(ask(false).entry->body == "anybody's");
  }
  SECTION("stored for everyone") {
    Decision theirs = ask(true);
    REQUIRE(scene.answer(theirs.fetch, 1s, cache_control("public, max-age=60"), "everyone's"));
    CHECK(ask(false).action == ReadAction::serve);
    CHECK(ask(true).action == ReadAction::serve);
  }
  SECTION("fetches under way") {
    Decision theirs = ask(true);
    CHECK(ask(true).action == ReadAction::fetch);
    Decision anybodys = ask(false);
    REQUIRE(anybodys.action == ReadAction::fetch);
    CHECK(ask(true).action == ReadAction::fetch);
    CHECK(ask(false).action == ReadAction::wait);
    scene.answer(theirs.fetch, 1s, Fields{}, "theirs");
    CHECK(ask(false).action == ReadAction::wait);  // still: theirs says nothing of anybody's
  }
}

TEST_CASE("The answer to a request that a variant was stored for replaces that variant, whatever it varies by") {
  Scene scene;
  const Fields german{{"Accept-Language", "de"}};
  scene.fill(0s, Fields{{"Cache-Control", "max-age=1"}, {"Vary", "Accept-Language"}}, "alt", german);
  Decision decision = scene.ask(5s, german);
  scene.answer(decision.fetch, 5s, cache_control("max-age=60"), "neu");
  const Decision next = scene.ask(6s, german);
  REQUIRE(next.action == ReadAction::serve);
  CHECK(next.entry->body == "neu");
  CHECK(scene.cache.stats().entries == 1);
}

TEST_CASE("A refusal ends the time of what is stored where it speaks of the resource, not of the caller") {
  const auto [status, ends] = GENERATE(table<int, bool>(
      {{404, true}, {410, true}, {451, true}, {401, false}, {403, false}, {429, false}, {500, false}}));
  CAPTURE(status);
  Scene scene;
  scene.fill(0s, cache_control("max-age=1, stale-while-revalidate=600"), "stale");
  Decision refresh = scene.ask(5s);
  REQUIRE(refresh.action == ReadAction::serve_stale_and_refresh);
  scene.answer(refresh.fetch, 5s, Fields{}, "no", status);
  CHECK((scene.ask(6s).action == ReadAction::fetch) == ends);
}

TEST_CASE("Variants are stored apart, and a miss of one is told apart") {
  Scene scene;
  const Fields headers{{"Cache-Control", "max-age=10"}, {"Vary", "Accept-Language"}};
  const Fields german{{"Accept-Language", "de"}};
  const Fields english{{"Accept-Language", "en"}};
  scene.fill(0s, headers, "deutsch", german);
  Decision other = scene.ask(1s, english);
  CHECK(other.action == ReadAction::fetch);
  CHECK(other.reason == MissReason::vary_miss);
  scene.answer(other.fetch, 1s, headers, "english");
  CHECK(scene.ask(2s, german).entry->body == "deutsch");
  CHECK(scene.ask(2s, english).entry->body == "english");
}

TEST_CASE("An error is stored only if the origin says so") {
  Scene scene;
  scene.rule.ttl = 60s;
  Decision decision = scene.ask(0s);
  CHECK(scene.answer(decision.fetch, 0s, {}, "oops", 500));
  CHECK(scene.result == StoreResult::error_shared);
  CHECK(scene.cache.stats().entries == 0);
  Decision again = scene.ask(1s);
  CHECK(again.action == ReadAction::fetch);
  scene.answer(again.fetch, 1s, cache_control("max-age=5"), "oops", 500);
  CHECK(scene.result == StoreResult::stored);
  CHECK(scene.ask(2s).entry->status == 500);
}

TEST_CASE("A body above the share is answered from but not stored") {
  Options options = small_cache();
  Scene scene(options);
  Decision decision = scene.ask(0s);
  const EntryPtr entry = scene.answer(decision.fetch, 0s, kTagged, std::string(1 << 20, 'x'));
  CHECK(scene.result == StoreResult::too_large);
  CHECK(entry->body.size() == 1 << 20);
  CHECK(scene.cache.stats().entries == 0);
}

TEST_CASE("The head alone tells that a response is not for the cache") {
  const auto [status, headers, expected] = GENERATE(table<int, Fields, bool>({
      {200, {{"Cache-Control", "max-age=9"}}, false},
      {200, {{"Cache-Control", "max-age=9"}, {"Content-Length", "100"}}, false},
      {200, {{"Cache-Control", "max-age=9"}, {"Content-Length", "99999999"}}, true},
      {200, {{"Cache-Control", "max-age=9"}, {"Content-Length", "99999999999999999999999"}}, true},
      {200, {{"Cache-Control", "no-store"}}, true},
      {200, {}, true},
      {500, {}, false},
      {500, {{"Cache-Control", "no-store"}}, true},
      {206, {{"Cache-Control", "max-age=9"}}, true},
  }));
  Options options = small_cache();
  Scene scene(options);
  Decision decision = scene.ask(0s);
  CHECK(decision.fetch.uncacheable_head(status, headers, at(0s)) == expected);
  CHECK(static_cast<bool>(decision.fetch) == !expected);
}

TEST_CASE("A targeted field is obeyed before Cache-Control when it is configured") {
  Options options = small_cache();
  options.targeted_field = "CDN-Cache-Control";
  Scene scene(options);
  const Fields headers{{"Cache-Control", "no-store"}, {"CDN-Cache-Control", "max-age=10"}};
  scene.fill(0s, headers);
  CHECK(scene.result == StoreResult::stored);
  CHECK(scene.ask(5s).action == ReadAction::serve);
}

TEST_CASE("Entries are listed with their keys, hits and standing") {
  Scene scene;
  scene.fill(0s, kTagged);
  scene.ask(1s);
  std::size_t seen = 0;
  scene.cache.for_each([&](const EntryInfo& info) {
    ++seen;
    CHECK(info.entry.key == scene.item_key);
    CHECK(info.entry.tags == "projects/pr_1");
    CHECK(info.hits == 1);
    CHECK(info.is_current);
  });
  scene.cache.purge_all(PurgeMode::soft);
  scene.cache.for_each([&](const EntryInfo& info) { CHECK_FALSE(info.is_current); });
  CHECK(seen == 1);
}

TEST_CASE("Every miss reason has its token of RFC 9211, and every result a name") {
  CHECK(fwd_token(MissReason::uri_miss) == "uri-miss");
  CHECK(fwd_token(MissReason::vary_miss) == "vary-miss");
  CHECK(fwd_token(MissReason::stale) == "stale");
  CHECK(fwd_token(MissReason::request) == "request");
  CHECK(fwd_token(MissReason::bypass) == "bypass");
  CHECK(fwd_token(MissReason::none).empty());
  CHECK(to_string(StoreResult::generation_moved) == "generation_moved");
}
