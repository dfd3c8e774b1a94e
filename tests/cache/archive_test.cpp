// A cache as a stream of bytes: what comes back, what must not, and damage of every kind at every kind of place.
#include <sstream>

#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const ArchiveIdentity kIdentity{"contract", "u"};
constexpr std::size_t kFramesBegin = 16;  // after magic and format
const Fields kSaved{{"Cache-Control", "max-age=100, stale-if-error=50"}, {"ETag", "\"v1\""}, {"Vary", "Accept"}};
const Fields kAcceptsJson{{"Accept", "application/json"}};

bool always() {
  return true;
}

std::string saved_bytes(Cache& cache, Duration when, const ArchiveIdentity& identity = kIdentity) {
  std::ostringstream out;
  cache.save(out, identity, at(when), always);
  return out.str();
}

Restored restore(Cache& cache, const std::string& bytes, Duration when, const ArchiveIdentity& identity = kIdentity) {
  std::istringstream in(bytes);
  return cache.restore(in, identity, at(when));
}

// One entry with everything that an entry can have, one without a body, and an unsettled tag.
std::string sample() {
  Scene scene;
  scene.fill(0s, kSaved, "{\"name\":\"x\"}", kAcceptsJson);
  scene.item_key = make_key({"Projects_list", "u", "/projects", ""});
  scene.item_tags = tags({"projects"});
  scene.fill(1s, cache_control("max-age=50"), "");
  scene.cache.begin_write(tags({"elsewhere"})).finish_unknown(at(30s));
  return saved_bytes(scene.cache, 2s);
}

}  // namespace

// What makes this fail has changed what a saved cache means: archive.cpp then gets the new number, so that the files of
// older programs are refused, and those of the same kind go on to be of use, whatever the program's version.
TEST_CASE("The format's number is the fingerprint of keys, tags, slots and entries") {
  std::string made;
  for (const std::string_view query : {"", "a=1&b=%7e%2f%zz&&c=+;x", "%2%46=\xc3\xa9"}) {
    made += make_key({"An operation", "u", "/v4/a;b/%2f%41", query}) + '\n';
  }
  const std::vector<Segment> path = {
      {"v4", false}, {"projects", false}, {"a/b c", true}, {"datasets", false}, {"d", true, true}};
  Tags all = read_tags(path, 1);
  add_refusal_tags(all, path, 1);
  for (const Tag& tag : write_tags(path, 1)) all.push_back(tag);
  for (const Tag& tag : all) made += tag.text() + ' ' + std::to_string(tag.hash()) + '\n';
  made += sample().substr(kFramesBegin);
  CHECK(archive_format() == hash_key(made).low);
}

TEST_CASE("A file of another format is refused") {
  std::string bytes = sample();
  bytes[kFramesBegin - 1] = static_cast<char>(bytes[kFramesBegin - 1] + 1);
  Scene after;
  CHECK(restore(after.cache, bytes, 3s).fault == ArchiveFault::other_format);
  CHECK(after.cache.stats().entries == 0);
}

TEST_CASE("What is saved comes back, ages included") {
  Scene before;
  const EntryPtr stored = before.fill(0s, kSaved, "body", kAcceptsJson);
  std::ostringstream out;
  const Saved saved = before.cache.save(out, kIdentity, at(10s), always);
  CHECK(saved.entries == 1);
  CHECK(saved.is_all);

  Scene after;
  const Restored restored = restore(after.cache, out.str(), 20s);
  REQUIRE(restored.fault == ArchiveFault::none);
  CHECK(restored.entries == 1);
  const Decision hit = after.ask(60s, kAcceptsJson);
  REQUIRE(hit.action == ReadAction::serve);
  const Entry& entry = *hit.entry;
  CHECK(entry.body == "body");
  CHECK(entry.headers == stored->headers);
  CHECK(entry.vary() == stored->vary());
  CHECK(entry.status == stored->status);
  CHECK(entry.etag == stored->etag);
  CHECK(entry.etag_from_origin);
  CHECK(entry.tags == stored->tags);
  CHECK(entry.age(at(60s)) == 60s);
  CHECK(entry.ttl(at(60s)) == 40s);
  CHECK(after.ask(60s).action == ReadAction::fetch);  // another variant
  // Stale when the time has come, of use for what it was of use before.
  const Decision stale = after.ask(120s, kAcceptsJson);
  CHECK(stale.action == ReadAction::revalidate);
  CHECK(stale.fetch.stale_if_error(at(120s)));
}

TEST_CASE("What was selected by somebody's secret is not saved") {
  const std::string name = GENERATE("Authorization", "Cookie");
  Scene scene;
  const Fields asked{{name, "somebody's"}};
  const Fields headers{{"Cache-Control", "max-age=100, public"}, {"Vary", name}};
  REQUIRE(scene.fill(0s, headers, "theirs", asked));
  scene.item_key = make_key({"Projects_get", "u", "/projects/pr_2", ""});
  REQUIRE(scene.fill(0s, headers, "anybody's"));
  const std::string bytes = saved_bytes(scene.cache, 1s);
  CHECK(bytes.find("theirs") == std::string::npos);
  CHECK(bytes.find("somebody's") == std::string::npos);
  CHECK(bytes.find("anybody's") != std::string::npos);
}

TEST_CASE("What is restored is made stale by writes and purges like anything else") {
  Scene before;
  before.fill(0s, cache_control("max-age=100"));
  const std::string bytes = saved_bytes(before.cache, 1s);
  const int what = GENERATE(0, 1, 2, 3);
  Scene after;
  REQUIRE(restore(after.cache, bytes, 2s).entries == 1);
  REQUIRE(after.ask(3s).action == ReadAction::serve);
  if (what == 0) after.cache.begin_write(after.write_tags).finish();
  if (what == 1) after.cache.purge_tags(after.item_tags, PurgeMode::soft);
  if (what == 2) after.cache.purge_all(PurgeMode::soft);
  if (what == 3) after.cache.purge_keys([&](std::string_view key) { return key == after.item_key; }, PurgeMode::soft);
  CHECK(after.ask(3s).action != ReadAction::serve);
}

TEST_CASE("What was invalidated, is of no more use, or belongs to another upstream, is not saved") {
  const int what = GENERATE(0, 1, 2, 3, 4, 5);
  CAPTURE(what);
  Scene scene;
  scene.fill(0s, what == 5 ? cache_control("max-age=1") : kSaved, "{}");
  WriteGuard open;
  if (what == 0) scene.cache.begin_write(scene.write_tags).finish();
  if (what == 1) scene.cache.begin_write(scene.write_tags).finish_unknown(at(60s));
  if (what == 2) scene.cache.purge_keys([](std::string_view) { return true; }, PurgeMode::soft);
  if (what == 3) open = scene.cache.begin_write(scene.write_tags);
  const ArchiveIdentity identity{"contract", what == 4 ? "another" : "u"};
  std::ostringstream out;
  CHECK(scene.cache.save(out, identity, at(10s), always).entries == 0);
  Scene after;
  CHECK(restore(after.cache, out.str(), 11s, identity).fault == ArchiveFault::none);
  CHECK(after.cache.stats().entries == 0);
}

TEST_CASE("A lost write keeps its tags unsettled across a restart") {
  const bool still_open = GENERATE(false, true);
  Options options = small_cache();
  options.unknown_write_time = 20s;
  Scene before(options);
  before.cache.raise_unknown_write_time(50s);
  before.cache.raise_unknown_write_time(1s);
  WriteGuard guard = before.cache.begin_write(before.write_tags);
  if (!still_open) guard.finish_unknown(at(60s));
  const std::string bytes = saved_bytes(before.cache, 10s);
  Scene after;
  REQUIRE(restore(after.cache, bytes, 11s).fault == ArchiveFault::none);
  const Decision early = after.ask(59s);
  CHECK(early.action == ReadAction::pass);
  CHECK(early.reason == MissReason::bypass);
  CHECK(after.ask(60s).action == ReadAction::fetch);
}

TEST_CASE("Another contract or upstream is refused, and so is a clock that went back") {
  struct Case {
    ArchiveIdentity identity;
    Duration when;
    ArchiveFault fault;
  };
  const auto one = GENERATE(values<Case>({
      {kIdentity, 2s, ArchiveFault::none},
      {{"changed", "u"}, 2s, ArchiveFault::other_contract},
      {{"contract", "v"}, 2s, ArchiveFault::other_upstream},
      {kIdentity, 1999ms, ArchiveFault::from_the_future},
  }));
  Scene after;
  const Restored restored = restore(after.cache, sample(), one.when, one.identity);
  CHECK(restored.fault == one.fault);
  CHECK(after.cache.stats().entries == (one.fault == ArchiveFault::none ? 2 : 0));
  CHECK(to_string(restored.fault).empty() == (one.fault == ArchiveFault::none));
}

TEST_CASE("A changed byte anywhere is noticed, and nothing is taken over") {
  const std::string bytes = sample();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    Scene after;
    const Restored restored = restore(after.cache, changed, 3s);
    CAPTURE(i);
    if (restored.fault == ArchiveFault::none || after.cache.stats().entries != 0) FAIL("not noticed");
  }
}

TEST_CASE("A file that is cut off anywhere, or goes on after its end, is noticed") {
  const std::string bytes = sample();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Scene after;
    const Restored restored = restore(after.cache, bytes.substr(0, size), 3s);
    CAPTURE(size);
    if (restored.fault == ArchiveFault::none || after.cache.stats().entries != 0) FAIL("not noticed");
  }
  Scene after;
  CHECK(restore(after.cache, bytes + '\0', 3s).fault == ArchiveFault::damaged);
}

TEST_CASE("Frames that are left out, repeated or exchanged are noticed") {
  const std::string bytes = sample();
  // The frames after magic and format: their places and lengths.
  std::vector<std::string> frames;
  for (std::size_t at = kFramesBegin; at < bytes.size();) {
    std::size_t size = 0;
    for (std::size_t i = 4; i-- > 0;) size = size << 8U | static_cast<unsigned char>(bytes[at + i]);
    frames.push_back(bytes.substr(at, 12 + size));
    at += 12 + size;
  }
  REQUIRE(frames.size() == 5);  // head, unsettled, two entries, end
  const auto faults = [&](const std::vector<std::size_t>& order) {
    std::string text = bytes.substr(0, kFramesBegin);
    for (const std::size_t number : order) text += frames[number];
    Scene after;
    return restore(after.cache, text, 3s).fault;
  };
  CHECK(faults({0, 1, 2, 3, 4}) == ArchiveFault::none);
  CHECK(faults({0, 1, 2, 4}) == ArchiveFault::damaged);
  CHECK(faults({0, 2, 3, 4}) == ArchiveFault::damaged);
  CHECK(faults({0, 1, 3, 2, 4}) == ArchiveFault::damaged);
  CHECK(faults({0, 1, 2, 3, 3, 4}) == ArchiveFault::damaged);
  CHECK(faults({0, 1, 2, 3}) == ArchiveFault::damaged);
  CHECK(faults({1, 2, 3, 4}) == ArchiveFault::damaged);
}

TEST_CASE("When the time is up, the most used entries have been saved") {
  Scene scene;
  for (int i = 0; i < 10; ++i) {
    scene.item_key = make_key({"Projects_get", "u", "/projects/" + std::to_string(i), ""});
    scene.fill(0s, cache_control("max-age=100"));
    for (int hits = 0; hits < i; ++hits) scene.ask(1s);
  }
  int left = 3;
  std::ostringstream out;
  const Saved saved = scene.cache.save(out, kIdentity, at(2s), [&] { return left-- > 0; });
  CHECK(saved.entries == 3);
  CHECK_FALSE(saved.is_all);
  Scene after;
  REQUIRE(restore(after.cache, out.str(), 3s).entries == 3);
  for (int i = 0; i < 10; ++i) {
    after.item_key = make_key({"Projects_get", "u", "/projects/" + std::to_string(i), ""});
    CHECK((after.ask(3s).action == ReadAction::serve) == (i >= 7));
  }
}

TEST_CASE("A smaller cache takes over what fits, and stays within its bound") {
  Options large = small_cache();
  large.store.max_bytes = 8 << 20;
  Scene before(large);
  for (int i = 0; i < 100; ++i) {
    before.item_key = make_key({"Projects_get", "u", "/projects/" + std::to_string(i), ""});
    before.fill(0s, cache_control("max-age=100"), std::string(20'000, 'x'));
  }
  REQUIRE(before.cache.stats().entries == 100);
  const std::string bytes = saved_bytes(before.cache, 1s);
  Scene after;  // a MiB
  const Restored restored = restore(after.cache, bytes, 2s);
  CHECK(restored.fault == ArchiveFault::none);
  CHECK(restored.entries > 20);
  CHECK(after.cache.stats().bytes <= after.cache.stats().capacity);
}

TEST_CASE("An empty cache is saved and restored, and a stream that fails says so") {
  Scene scene;
  const std::string bytes = saved_bytes(scene.cache, 0s);
  CHECK(restore(scene.cache, bytes, 0s).fault == ArchiveFault::none);
  CHECK(restore(scene.cache, "", 0s).fault == ArchiveFault::not_an_archive);
  scene.fill(0s, kSaved);
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  CHECK(scene.cache.save(out, kIdentity, at(0s), always).entries == 0);
}
