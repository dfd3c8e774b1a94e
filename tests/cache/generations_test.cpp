#include "cache/generations.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

// A write that ends without an answer.
void lose_write(Generations& generations, const Tags& tags, TimePoint until) {
  auto write = generations.begin(tags);
  generations.end_unknown(write, until);
}

}  // namespace

TEST_CASE("A snapshot is current until one of its tags moves") {
  Generations generations;
  const Snapshot snapshot = generations.snapshot(tags({"a", "b"}), kStart);
  generations.bump(tags({"c"}));
  CHECK(generations.is_current(snapshot));
  generations.bump(tags({"c", "b"}));
  CHECK_FALSE(generations.is_current(snapshot));
  CHECK(generations.is_current(generations.snapshot(tags({"a", "b"}), kStart)));
}

TEST_CASE("Everything moves at once") {
  Generations generations;
  const Snapshot none = generations.snapshot({}, kStart);
  generations.bump_everything();
  CHECK_FALSE(generations.is_current(none));
}

TEST_CASE("What is taken before a tag is settled never becomes current") {
  Generations generations;
  const Snapshot before = generations.snapshot(tags({"a"}), at(0s));
  lose_write(generations, tags({"a"}), at(10s));
  CHECK_FALSE(generations.is_current(before));
  CHECK_FALSE(generations.is_current(generations.snapshot(tags({"a"}), at(9999ms))));
  CHECK(generations.is_current(generations.snapshot(tags({"a"}), at(10s))));
  CHECK(generations.unsettled(tags({"b", "a"}), at(9999ms)));
  CHECK_FALSE(generations.unsettled(tags({"b", "a"}), at(10s)));
  CHECK_FALSE(generations.unsettled(tags({"b"}), at(0s)));
}

TEST_CASE("A later time of settling is not shortened by an earlier one") {
  Generations generations;
  lose_write(generations, tags({"a"}), at(10s));
  lose_write(generations, tags({"a"}), at(5s));
  CHECK(generations.unsettled(tags({"a"}), at(7s)));
}

TEST_CASE("Even a time of settling that has passed moves the tags") {
  Generations generations;
  const Snapshot snapshot = generations.snapshot(tags({"a"}), at(10s));
  lose_write(generations, tags({"a"}), at(5s));
  CHECK_FALSE(generations.is_current(snapshot));
}

TEST_CASE("A write is alone unless another one, or a bump, falls into its time") {
  enum class Other { none, before, same_time, within, ends_within, begins_within, bump, lost_before, other_tags };
  struct Case {
    Other other;
    bool alone;
  };
  const auto one = GENERATE(values<Case>({
      {Other::none, true},
      {Other::before, true},
      {Other::lost_before, true},  // the times of settling are the snapshot's business
      {Other::other_tags, true},
      {Other::same_time, false},
      {Other::within, false},
      {Other::ends_within, false},
      {Other::begins_within, false},
      {Other::bump, false},
  }));
  // Known from the start, or only when the answer is there.
  const bool added_late = GENERATE(false, true);
  CAPTURE(static_cast<int>(one.other), added_late);
  Generations generations;
  const Tags shared = tags({"projects/pr_1"});
  const Tags others = one.other == Other::other_tags ? tags({"projects/pr_2"}) : shared;
  Generations::Write other;
  const bool begins_before = one.other == Other::before || one.other == Other::same_time ||
                             one.other == Other::ends_within || one.other == Other::other_tags;
  if (begins_before) other = generations.begin(others);
  if (one.other == Other::before) generations.end(other);
  if (one.other == Other::lost_before) lose_write(generations, others, at(0s));

  Generations::Write write = generations.begin(added_late ? tags({"projects"}) : shared);
  if (one.other == Other::within || one.other == Other::begins_within) other = generations.begin(others);
  if (one.other == Other::within || one.other == Other::ends_within) generations.end(other);
  if (one.other == Other::bump) generations.bump(others);
  generations.extend(write, shared);
  CHECK(generations.end(write) == one.alone);
}

TEST_CASE("A refused write leaves what was there before as current as it was, and shows none of it meanwhile") {
  Generations generations;
  const Tags a = tags({"a"});
  const Snapshot before = generations.snapshot(a, kStart);
  auto refused = generations.begin(a);
  CHECK_FALSE(generations.is_current(before));
  const Snapshot meanwhile = generations.snapshot(a, kStart);
  CHECK(generations.is_current(meanwhile));
  auto second = generations.begin(a);
  CHECK_FALSE(generations.is_current(meanwhile));
  generations.end_refused(second);
  CHECK_FALSE(generations.is_current(before));
  generations.end_refused(refused);
  CHECK(generations.is_current(before));
  CHECK(generations.is_current(meanwhile));
}

TEST_CASE("A refused write does not undo what another one has changed, whichever ends first") {
  const bool refused_ends_first = GENERATE(false, true);
  const bool is_lost = GENERATE(false, true);
  Generations generations;
  const Tags a = tags({"a"});
  const Snapshot before = generations.snapshot(a, at(20s));
  auto refused = generations.begin(a);
  auto effective = generations.begin(a);
  if (refused_ends_first) generations.end_refused(refused);
  if (is_lost) {
    generations.end_unknown(effective, at(10s));
  } else {
    generations.end(effective);
  }
  if (!refused_ends_first) generations.end_refused(refused);
  CHECK_FALSE(generations.is_current(before));
  CHECK(generations.is_current(generations.snapshot(a, at(20s))));
}

TEST_CASE("A write is alone beside refused ones, which have changed nothing") {
  Generations generations;
  const Tags a = tags({"a"});
  auto first = generations.begin(a);
  auto write = generations.begin(a);
  auto last = generations.begin(a);
  generations.end_refused(first);
  generations.end_refused(last);
  CHECK(generations.end(write));
  const Snapshot after = generations.snapshot_after(write, a, kStart);
  CHECK(generations.is_current(after));
}

TEST_CASE("What a write leaves is current until the next one begins") {
  Generations generations;
  Generations::Write write = generations.begin(tags({"projects", "projects/pr_1"}));
  REQUIRE(generations.end(write));
  const Snapshot after = generations.snapshot_after(write, tags({"projects/pr_1"}), at(1s));
  CHECK(generations.is_current(after));
  auto elsewhere = generations.begin(tags({"projects"}));
  CHECK(generations.is_current(after));
  generations.end(elsewhere);
  auto next = generations.begin(tags({"projects/pr_1"}));
  CHECK_FALSE(generations.is_current(after));
  generations.end(next);
}

TEST_CASE("What a write leaves is not current while an earlier lost one may still take effect") {
  Generations generations;
  lose_write(generations, tags({"a"}), at(10s));
  Generations::Write write = generations.begin(tags({"a"}));
  REQUIRE(generations.end(write));
  CHECK_FALSE(generations.is_current(generations.snapshot_after(write, tags({"a"}), at(9s))));
  CHECK(generations.is_current(generations.snapshot_after(write, tags({"a"}), at(10s))));
}

TEST_CASE("Unsettled slots and open writes can be handed over") {
  Generations before;
  lose_write(before, tags({"a"}), at(10s));
  lose_write(before, tags({"long ago"}), at(-1s));
  const auto open = before.begin(tags({"b"}));
  before.unsettle_open_writes(at(20s));
  const auto slots = before.unsettled_slots(at(0s));
  REQUIRE(slots.size() == 2);
  Generations after;
  for (const auto& slot : slots) after.restore(slot);
  after.restore({1U << 31U, at(10s)});  // no such slot
  CHECK(after.unsettled(tags({"a"}), at(9s)));
  CHECK_FALSE(after.unsettled(tags({"a"}), at(10s)));
  CHECK(after.unsettled(tags({"b"}), at(19s)));
  CHECK_FALSE(after.unsettled(tags({"long ago"}), at(-2s)));
}
