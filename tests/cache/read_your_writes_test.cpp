// The promise: a read that begins after a write has ended never sees less than that write.
//
// Each scenario is one interleaving of reads, a write, and the moments at which the origin works. Each is played twice:
// with the generation check no read is stale; without it at least one is, which shows that the scenario would catch a
// cache that gets it wrong.
#include <map>
#include <sstream>

#include "cache/cache.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

// Plays a script of steps separated by spaces:
//   r1  reader 1 begins          o1  the origin works on its request      d1  it gets the response   n1  it gets a 304
//   x1  its request fails        wA  write A begins                       WA  it takes effect at the origin
//   fA  its guard finishes       uA  its guard ends unknown for 10 s      kA  its guard is dropped
//   eA  it was refused
//   +5  five seconds pass
class Play {
 public:
  Play(bool check_generations, std::string response_directives) : directives_(std::move(response_directives)) {
    Options options = small_cache();
    options.check_generations = check_generations;
    options.clock = [this] { return at(now_); };
    options.unknown_write_time = 10s;
    scene_.emplace(options);
  }

  // The number of reads that saw less than they had to.
  int stale_reads(const std::string& script) {
    std::istringstream steps(script);
    for (std::string step; steps >> step;) perform(step[0], step.substr(1));
    return stale_;
  }

 private:
  struct Reader {
    int required = 0;  // writes that were effective and ended when it began
    int seen_by_origin = -1;
    bool over = false;
    Decision decision;
  };
  struct Write {
    WriteGuard guard;
    bool effective = false;
    bool ended = false;
  };

  void perform(char what, const std::string& who) {
    Reader& reader = readers_[who];
    Write& write = writes_[who];
    switch (what) {
      case 'r':
        return begin(reader);
      case 'o':
        reader.seen_by_origin = version_;
        return;
      case 'd':
        return deliver(reader);
      case 'n':
        return deliver_not_modified(reader);
      case 'x':
        return fail(reader);
      case 'w':
        write.guard = scene_->cache.begin_write(scene_->write_tags);
        return;
      case 'W':
        ++version_;
        write.effective = true;
        return settle();
      case 'f':
        write.guard.finish();
        write.ended = true;
        return settle();
      case 'e':
        write.guard.finish_refused();
        write.ended = true;
        return settle();
      case 'u':
        write.guard.finish_unknown(at(now_ + 10s));
        write.ended = true;
        return settle();
      case 'k':
        write.guard = WriteGuard();
        write.ended = true;
        return settle();
      case '+':
        now_ += std::chrono::seconds(std::stoi(who));
        return;
      default:
        FAIL("unknown step " << what);
    }
  }

  void settle() {
    required_ = 0;
    for (const auto& [name, write] : writes_) required_ += write.effective && write.ended ? 1 : 0;
  }

  void begin(Reader& reader) {
    reader.required = required_;
    ask(reader);
  }

  void ask(Reader& reader) {
    reader.decision = scene_->ask(now_, {}, [this, &reader](const Shared& shared) {
      if (shared.outcome == SharedOutcome::retry) return ask(reader);
      see(reader, shared.entry);
    });
    const ReadAction action = reader.decision.action;
    if (action == ReadAction::serve || action == ReadAction::serve_stale_and_refresh)
      see(reader, reader.decision.entry);
  }

  void deliver(Reader& reader) {
    if (reader.over || reader.decision.wait) return;
    REQUIRE(reader.seen_by_origin >= 0);
    const int seen = reader.seen_by_origin;
    if (reader.decision.fetch) {
      Fields headers = cache_control(directives_);
      headers.add("ETag", "\"" + std::to_string(seen) + "\"");
      scene_->answer(reader.decision.fetch, now_, headers, std::to_string(seen));
    }
    see(reader, seen);
  }

  void deliver_not_modified(Reader& reader) {
    REQUIRE(reader.decision.action == ReadAction::revalidate);
    Fields headers = cache_control(directives_);
    headers.add("ETag", "\"" + std::to_string(reader.seen_by_origin) + "\"");
    see(reader, reader.decision.fetch.not_modified(headers, at(now_), scene_->result));
  }

  void fail(Reader& reader) {
    if (reader.over) return;
    see(reader, reader.decision.fetch.failed(at(now_), 504));
  }

  void see(Reader& reader, const EntryPtr& entry) {
    if (entry) see(reader, std::stoi(std::string(entry->body)));
  }
  void see(Reader& reader, int seen) {
    reader.over = true;
    if (seen < reader.required) ++stale_;
  }

  std::string directives_;
  std::optional<Scene> scene_;
  Duration now_{0};
  int version_ = 0;
  int required_ = 0;
  int stale_ = 0;
  std::map<std::string, Write> writes_;
  std::map<std::string, Reader> readers_;
};

}  // namespace

TEST_CASE("No interleaving of reads and a write shows a stale read") {
  const auto [name, directives, script] = GENERATE(table<std::string, std::string, std::string>({
      {"stored before the write", "max-age=60", "r1 o1 d1 wA WA fA r2 o2 d2"},
      {"sent before the write, answered after it", "max-age=60", "r1 o1 wA WA fA d1 r2 o2 d2"},
      {"sent before the write, answered during it", "max-age=60", "r1 o1 wA d1 WA fA r2 o2 d2"},
      {"sent during the write, before its effect", "max-age=60", "wA r1 o1 WA fA d1 r2 o2 d2"},
      {"stored during the write, before its effect", "max-age=60", "wA r1 o1 d1 WA fA r2 o2 d2"},
      {"joined after the write, sent before it", "max-age=60", "r1 o1 wA WA fA r2 d1 o2 d2"},
      {"joined after the write, sent during it", "max-age=60", "wA r1 o1 WA fA r2 d1 o2 d2"},
      {"two writes overlap, the fetch between their effects", "max-age=60", "wA wB WA r1 o1 d1 fA WB fB r2 o2 d2"},
      {"two writes overlap, the second ends last", "max-age=60", "wA WA wB fA r1 o1 WB d1 fB r2 o2 d2"},
      {"stale-while-revalidate after the write", "max-age=1, stale-while-revalidate=60",
       "r1 o1 d1 wA WA fA +5 r2 o2 d2"},
      {"a refresh in the background overtaken by the write", "max-age=1, stale-while-revalidate=60",
       "r1 o1 d1 +5 r2 o2 wA WA fA d2 r3 o3 d3"},
      {"stale-if-error after the write", "max-age=1, stale-if-error=60", "r1 o1 d1 wA WA fA +5 r2 x2"},
      {"a 304 overtaken by the write", "max-age=3", "r1 o1 d1 +5 r2 o2 wA WA fA n2 r3 o3 d3"},
      {"a refused write ends after one that took effect", "max-age=60", "r1 o1 d1 wA wB WB fB eA r2 o2 d2"},
      {"a refused write ends before one that takes effect", "max-age=60", "r1 o1 d1 wA wB eA WB fB r2 o2 d2"},
      {"sent during a refused write and one that took effect", "max-age=60", "wA wB r1 o1 WB eA fB d1 r2 o2 d2"},
      {"a write of unknown outcome that took effect", "max-age=60", "r1 o1 d1 wA WA uA r2 o2 d2"},
      {"a write of unknown outcome that takes effect later", "max-age=60", "r1 o1 d1 wA uA WA r2 o2 d2"},
      {"fetched while the outcome is unknown", "max-age=60", "wA uA r1 o1 d1 WA r2 o2 d2"},
      {"fetched while the outcome is unknown, answered when settled", "max-age=60", "wA uA r1 o1 WA +20 d1 r2 o2 d2"},
      {"joined while the outcome is unknown", "max-age=60", "r1 o1 wA uA WA r2 d1 o2 d2"},
      {"both sent while the outcome is unknown", "max-age=60", "wA uA r1 o1 WA r2 d1 o2 d2"},
      {"the guard was dropped", "max-age=60", "r1 o1 d1 wA kA WA r2 o2 d2"},
  }));
  CAPTURE(name, script);
  CHECK(Play(true, directives).stale_reads(script) == 0);
  CHECK(Play(false, directives).stale_reads(script) > 0);
}

TEST_CASE("Once an unknown write is settled, its tags are cached again") {
  Scene scene;
  scene.cache.begin_write(scene.write_tags).finish_unknown(at(10s));
  const Decision meanwhile = scene.ask(9s);
  CHECK(meanwhile.action == ReadAction::pass);
  CHECK(meanwhile.reason == MissReason::bypass);
  scene.fill(10s, cache_control("max-age=60"));
  CHECK(scene.result == StoreResult::stored);
  CHECK(scene.ask(11s).action == ReadAction::serve);
}

TEST_CASE("A write on one project leaves others served and fetches of them joined") {
  Scene scene;
  scene.fill(0s, cache_control("max-age=60"));
  scene.cache.begin_write(tags({"projects", "projects/pr_2"})).finish();
  CHECK(scene.ask(1s).action == ReadAction::serve);
}

TEST_CASE("A stored refusal ends with what may have created the thing, and only a refusal does") {
  const int status = GENERATE(200, 403, 404, 410);
  CAPTURE(status);
  Scene scene;
  Decision first = scene.ask(0s);
  scene.answer(first.fetch, 0s, cache_control("max-age=60"), "none", status);
  REQUIRE(scene.ask(1s).action == ReadAction::serve);
  scene.cache.begin_write(tags({"projects", "projects/pr_2"})).finish();
  CHECK(scene.ask(2s).action == ReadAction::serve);
  scene.cache.begin_write(tags({"projects", "projects/*"})).finish();
  CHECK((scene.ask(2s).action == ReadAction::serve) == (status == 200));
}

TEST_CASE("A refusal that was sent before the write which ends it is not stored, and shared with earlier reads only") {
  const bool joined_after = GENERATE(true, false);
  Scene scene;
  Decision leader = scene.ask(0s);
  SharedOutcome outcome = SharedOutcome::failed;
  const auto waiter = [&](const Shared& shared) { outcome = shared.outcome; };
  Decision follower;
  if (!joined_after) follower = scene.ask(0s, {}, waiter);
  scene.cache.begin_write(tags({"projects", "projects/*"})).finish();
  if (joined_after) follower = scene.ask(1s, {}, waiter);
  REQUIRE(follower.action == ReadAction::wait);
  const EntryPtr answer = scene.answer(leader.fetch, 1s, cache_control("max-age=60"), "none", 404);
  CHECK(answer->status == 404);
  CHECK(scene.result == StoreResult::generation_moved);
  CHECK(outcome == (joined_after ? SharedOutcome::retry : SharedOutcome::response));
  CHECK(scene.ask(2s).action == ReadAction::fetch);
}

TEST_CASE("While a write to the collection is of unknown outcome, a refusal is not kept") {
  Scene scene;
  scene.cache.begin_write(tags({"projects", "projects/*"})).finish_unknown(at(10s));
  Decision leader = scene.ask(0s);
  scene.answer(leader.fetch, 1s, cache_control("max-age=60"), "none", 404);
  CHECK(scene.ask(11s).action == ReadAction::fetch);
}

TEST_CASE("An invalidated entry is revalidated by its ETag and comes back to life") {
  Scene scene;
  scene.fill(0s, Fields{{"Cache-Control", "max-age=60"}, {"ETag", "\"v1\""}});
  scene.cache.begin_write(scene.write_tags).finish();
  Decision decision = scene.ask(1s);
  REQUIRE(decision.action == ReadAction::revalidate);
  CHECK(decision.reason == MissReason::stale);
  decision.fetch.not_modified(Fields{{"ETag", "\"v1\""}}, at(1s), scene.result);
  CHECK(scene.result == StoreResult::updated);
  CHECK(scene.ask(2s).action == ReadAction::serve);
}

TEST_CASE("A write that the upstream refuses makes nothing stale, and shows nothing meanwhile") {
  Scene scene;
  scene.fill(0s, cache_control("max-age=60"), "before");
  WriteGuard guard = scene.cache.begin_write(scene.write_tags);
  {
    Decision during = scene.ask(1s);
    CHECK(during.action == ReadAction::fetch);
    scene.answer(during.fetch, 1s, cache_control("no-store"));
  }
  scene.fill(0s, cache_control("max-age=60"), "before");
  guard.finish_refused();
  const Decision after = scene.ask(2s);
  REQUIRE(after.action == ReadAction::serve);
  CHECK(after.entry->body == "before");
  CHECK(scene.cache.stats().refused_writes == 1);
  CHECK(scene.cache.stats().invalidations_by_write == 0);
}

TEST_CASE("The statuses that refuse a write are a closed list") {
  std::vector<int> refusals;
  for (int status = 100; status < 600; ++status) {
    if (refuses_write(status)) refusals.push_back(status);
  }
  CHECK(refusals == std::vector{401, 403, 404, 405, 409, 410, 412, 415, 422, 429});
}

TEST_CASE("What a write names only in its response is invalidated, too") {
  Scene scene;
  scene.fill(0s, cache_control("max-age=60"));
  WriteGuard guard = scene.cache.begin_write(tags({"elsewhere"}));
  guard.add(scene.item_tags);
  guard.finish();
  CHECK(scene.ask(1s).action == ReadAction::fetch);
}

TEST_CASE("Ends of writes are counted, each once") {
  Scene scene;
  {
    WriteGuard finished = scene.cache.begin_write(scene.write_tags);
    finished.finish();
    finished.finish_unknown(at(10s));
    WriteGuard moved = scene.cache.begin_write(scene.write_tags);
    const WriteGuard dropped = std::move(moved);
  }
  const Stats stats = scene.cache.stats();
  CHECK(stats.invalidations_by_write == 1);
  CHECK(stats.invalidations_by_unknown_write == 1);
}
