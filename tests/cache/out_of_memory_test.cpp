// Whatever allocation fails: nobody waits for a fetch that is over, and nothing that was counted stays counted.
#include <cstdlib>
#include <functional>
#include <new>

#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

thread_local long allocations_left = -1;  // of this thread; negative: as many as it likes

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  if (void* const memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return std::malloc(size != 0 ? size : 1);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace {

const Fields kVarying{{"Cache-Control", "max-age=60, stale-if-error=600"}, {"ETag", "\"v1\""}, {"Vary", "Accept"}};

// True if `act` came to its end with no more than so many allocations.
bool succeeds_with(long allocations, const std::function<void()>& act) {
  allocations_left = allocations;
  try {
    act();
    allocations_left = -1;
    return true;
  } catch (const std::bad_alloc&) {
    allocations_left = -1;
    return false;
  }
}

// Calls `attempt(n)` for 0, 1, 2 and so on until it is true; returns how often.
long attempts_until(const std::function<bool(long)>& attempt) {
  long count = 0;
  while (!attempt(count++)) {
    if (count > 1000) FAIL("it never succeeds");
  }
  return count;
}

struct Ending {
  std::string name;
  std::function<void(Fetch&, const Response&)> end;
};

}  // namespace

TEST_CASE("A fetch whose end throws leaves no flight, and its followers are told to read again") {
  static StoreResult result{};  // Catch keeps the endings of the first run for all
  const auto ending = GENERATE(values<Ending>({
      {"complete",
       [&](Fetch& fetch, const Response& response) { fetch.complete(Response(response), at(100s), result); }},
      {"complete, a refusal",
       [&](Fetch& fetch, const Response& response) {
         fetch.complete({404, response.headers, response.body}, at(100s), result);
       }},
      {"complete, an error",
       [&](Fetch& fetch, const Response& response) {
         fetch.complete({500, {}, response.body}, at(100s), result);
       }},
      {"not_modified",
       [&](Fetch& fetch, const Response& response) { fetch.not_modified(response.headers, at(100s), result); }},
      {"failed", [&](Fetch& fetch, const Response&) { fetch.failed(at(100s), 1); }},
      {"too_large", [&](Fetch& fetch, const Response&) { fetch.too_large(200, at(100s)); }},
      {"uncacheable_head",
       [&](Fetch& fetch, const Response&) {
         const Fields no_store = cache_control("no-store");
         fetch.uncacheable_head(200, no_store, at(100s));
       }},
  }));
  const bool has_stored = GENERATE(false, true);
  if (!has_stored && ending.name == "not_modified") return;
  CAPTURE(ending.name, has_stored);
  const Response response{200, kVarying, std::string(100, 'x')};

  const long attempts = attempts_until([&](long allocations) {
    Scene scene;
    if (has_stored) scene.fill(0s, kVarying, std::string(100, 'x'));
    int calls = 0;
    Wait wait;
    bool succeeded = false;
    {
      Decision leader = scene.ask(100s);
      REQUIRE(leader.fetch);
      Decision follower = scene.ask(100s, {}, [&](const Shared&) { ++calls; });
      REQUIRE(follower.action == ReadAction::wait);
      wait = std::move(follower.wait);
      succeeded = succeeds_with(allocations, [&] { ending.end(leader.fetch, response); });
    }
    if (scene.cache.stats().in_flight != 0) FAIL("a flight is left after " << allocations << " allocations");
    if (calls != 1) FAIL("the follower was called " << calls << " times after " << allocations << " allocations");
    if (scene.ask(100s).action == ReadAction::wait) FAIL("the next read waits after " << allocations << " allocations");
    return succeeded;
  });
  CHECK(attempts >= 1);
}

TEST_CASE("complete and not_modified end the duty even when they throw") {
  const bool is_304 = GENERATE(false, true);
  const Response response{200, kVarying, std::string(100, 'x')};
  attempts_until([&](long allocations) {
    Scene scene;
    scene.fill(0s, kVarying, std::string(100, 'x'));
    Decision leader = scene.ask(100s);
    const bool succeeded = succeeds_with(allocations, [&] {
      if (is_304) {
        leader.fetch.not_modified(response.headers, at(100s), scene.result);
      } else {
        leader.fetch.complete(Response(response), at(100s), scene.result);
      }
    });
    // A failure before anything was settled may leave the duty: copying the response, finding out what a 304 speaks of.
    if (leader.fetch && succeeded) FAIL("the duty goes on");
    if (!leader.fetch && scene.cache.stats().in_flight != 0) FAIL("a flight is left without a duty");
    return succeeded;
  });
}

TEST_CASE("A read that throws leaves no flight that others would wait for") {
  const bool has_stored = GENERATE(false, true);
  const bool is_refresh = GENERATE(false, true);
  attempts_until([&](long allocations) {
    Scene scene;
    scene.rule.ttl = 60s;
    if (is_refresh) scene.rule.stale_while_revalidate = 600s;
    if (has_stored) scene.fill(0s, Fields{{"ETag", "\"v1\""}});
    const bool succeeded = succeeds_with(allocations, [&] { scene.ask(100s); });
    if (scene.cache.stats().in_flight != 0) FAIL("a flight is left after " << allocations << " allocations");
    if (scene.ask(100s).action == ReadAction::wait) FAIL("the next read waits after " << allocations << " allocations");
    return succeeded;
  });
}

TEST_CASE("A write that can't begin is not counted as one that goes on") {
  Options options = small_cache();
  options.clock = [] { return at(0s); };
  attempts_until([&](long allocations) {
    Scene scene(options);
    const bool succeeded = succeeds_with(allocations, [&] {
      WriteGuard guard = scene.cache.begin_write(scene.write_tags);
      guard.add(tags({"elsewhere", "anywhere"}));
      guard.finish();
    });
    WriteGuard next = scene.cache.begin_write(scene.write_tags);
    const Fields headers = cache_control("max-age=60");
    const auto result = next.finish_and_prime(scene.item_read(), {200, headers, "{}"}, at(2h), at(2h));
    // One that had begun, and could not be told more of what it changes, ended as a lost one.
    if (result == PrimeResult::not_alone) FAIL("after " << allocations << " allocations");
    return succeeded;
  });
}

TEST_CASE("A waiter that throws keeps nobody else waiting, and its own place can still be given up") {
  Scene scene;
  Decision leader = scene.ask(0s);
  Decision first = scene.ask(0s, {}, [](const Shared&) { throw std::bad_alloc(); });
  int calls = 0;
  Decision second = scene.ask(0s, {}, [&](const Shared& shared) { calls += shared.entry ? 1 : 0; });
  REQUIRE(scene.answer(leader.fetch, 1s, kVarying));
  CHECK(calls == 1);
  CHECK(first.wait.cancel());
  CHECK_FALSE(second.wait.cancel());
}

TEST_CASE("A hit needs no allocation, nor does what was made of an entry") {
  Scene scene;
  const Fields request{{"Accept", "application/json"}, {"Cache-Control", "max-age=1000"}};
  Decision fetch = scene.ask(0s, request);
  const EntryPtr entry = scene.answer(fetch.fetch, 0s, cache_control("max-age=60"));
  scene.cache.begin_write(tags({"elsewhere"}), "request").finish();
  const EntryPtr coded = make_alternative(*entry, "gzip", "\"z\"", "z");
  scene.cache.alternative(entry, 0, at(1s));
  scene.cache.keep_alternative(entry, 0, coded, at(1s));

  const Read read = scene.item_read(request);
  EntryPtr hit;
  EntryPtr found;
  CHECK(succeeds_with(0, [&] { hit = scene.cache.find_fresh(read, at(1s)); }));
  CHECK(hit == entry);
  CHECK(succeeds_with(0, [&] { found = scene.cache.alternative(entry, 0, at(1s)).entry; }));
  CHECK(found == coded);
}
