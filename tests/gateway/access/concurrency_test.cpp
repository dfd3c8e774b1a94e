#include "gateway/access/concurrency.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gateway/access/key_ring.h"
#include "support/catch.h"

using namespace pgw::access;

TEST_CASE("a place is taken while there is one, and given back") {
  Concurrency places(2);
  REQUIRE(places.enter());
  {
    REQUIRE(places.enter());
    const Place second(places);
    CHECK_FALSE(places.enter());
    CHECK(places.under_way() == 2);
  }
  CHECK(places.under_way() == 1);
  Place moved;
  {
    Place first(places);
    moved = std::move(first);
  }
  CHECK(places.under_way() == 1);
  moved = Place();
  CHECK(places.under_way() == 0);
}

TEST_CASE("no more places are taken than there are, whatever threads ask") {
  constexpr std::uint32_t limit = 3;
  Concurrency places(limit);
  std::atomic<std::uint32_t> most{0};
  std::atomic<std::uint32_t> inside{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        if (!places.enter()) continue;
        const Place place(places);
        const auto now_inside = ++inside;
        auto seen = most.load();
        while (now_inside > seen && !most.compare_exchange_weak(seen, now_inside)) {
        }
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(most <= limit);
  CHECK(places.under_way() == 0);
}

TEST_CASE("a team's keys share its places, and a reload changes the limit, not what is under way") {
  const auto entry = [](const std::string& id, std::optional<std::uint32_t> limit) {
    pgw::config::KeyEntry made;
    made.id = id;
    made.team = "team";
    made.sha256 = digest_of(id);
    made.concurrency = limit;
    return made;
  };
  KeyRing::Options options;
  std::uint32_t of_team = 5;
  options.team_concurrency = [&](std::string_view) { return std::optional(of_team); };
  const auto ring = KeyRing::build(std::vector{entry("a", 2), entry("b", std::nullopt)}, options);
  const auto& a = ring->principals()[0];
  const auto& b = ring->principals()[1];
  CHECK(a.of_team == b.of_team);
  CHECK(b.of_key == nullptr);
  REQUIRE(a.of_key->enter());
  REQUIRE(a.of_team->enter());

  of_team = 1;
  options.previous = ring.get();
  const auto next = KeyRing::build(std::vector{entry("a", 1)}, options);
  CHECK_FALSE(next->principals()[0].of_key->enter());
  CHECK_FALSE(next->principals()[0].of_team->enter());
}
