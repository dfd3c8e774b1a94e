#include "cache/generations.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

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
  generations.unsettle(tags({"a"}), at(10s));
  CHECK_FALSE(generations.is_current(before));
  CHECK_FALSE(generations.is_current(generations.snapshot(tags({"a"}), at(9999ms))));
  CHECK(generations.is_current(generations.snapshot(tags({"a"}), at(10s))));
  CHECK(generations.unsettled(tags({"b", "a"}), at(9999ms)));
  CHECK_FALSE(generations.unsettled(tags({"b", "a"}), at(10s)));
  CHECK_FALSE(generations.unsettled(tags({"b"}), at(0s)));
}

TEST_CASE("A later time of settling is not shortened by an earlier one") {
  Generations generations;
  generations.unsettle(tags({"a"}), at(10s));
  generations.unsettle(tags({"a"}), at(5s));
  CHECK(generations.unsettled(tags({"a"}), at(7s)));
}

TEST_CASE("Even a time of settling that has passed moves the tags") {
  Generations generations;
  const Snapshot snapshot = generations.snapshot(tags({"a"}), at(10s));
  generations.unsettle(tags({"a"}), at(5s));
  CHECK_FALSE(generations.is_current(snapshot));
}
