#include "gateway/access/key_ring.h"

#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "support/catch.h"

using namespace pgw::access;
using namespace std::chrono_literals;
using pgw::config::KeyEntry;
using pgw::config::Rate;

namespace {

constexpr std::chrono::sys_days expiry = std::chrono::year(2027) / 1 / 31;
const TokenBucket::TimePoint ring_made_at{1h};

KeyEntry entry(const std::string& id, const std::string& key) {
  KeyEntry made;
  made.id = id;
  made.team = "team-of-" + id;
  made.sha256 = digest_of(key);
  made.scopes = {Scope::read};
  return made;
}

KeyEntry limited(const std::string& id, std::uint32_t rate, std::uint32_t burst) {
  KeyEntry made = entry(id, id);
  made.rate = Rate{rate, 1s};
  made.burst = burst;
  return made;
}

std::shared_ptr<const KeyRing> next_ring(const KeyRing& previous, const std::vector<KeyEntry>& entries) {
  KeyRing::Options options;
  options.previous = &previous;
  options.now = ring_made_at;
  return KeyRing::build(entries, options);
}

}  // namespace

TEST_CASE("keys are hashed with SHA-256") {
  // FIPS 180-2, appendix B.1.
  CHECK(pgw::config::sha256_text(digest_of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(pgw::config::sha256_text(digest_of("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a presented key is found by its hash alone") {
  const auto ring = KeyRing::build(std::vector{entry("a", "key-a"), entry("b", "key-b")}, {});
  auto [key, denial, id] = GENERATE(table<std::string, Denial, std::string>({
      {"key-a", Denial::none, "a"},
      {"key-b", Denial::none, "b"},
      {"key-c", Denial::unknown, ""},
      {"key-", Denial::unknown, ""},
      {"key-a ", Denial::unknown, ""},
      {"KEY-A", Denial::unknown, ""},
      {"", Denial::unknown, ""},
      {std::string(100'000, 'k'), Denial::unknown, ""},
      {pgw::config::sha256_text(digest_of("key-a")), Denial::unknown, ""},
  }));
  const auto found = ring->find(key, expiry);
  CHECK(found.denial == denial);
  CHECK((found.principal != nullptr ? found.principal->key_id : "") == id);
}

TEST_CASE("keys whose hashes begin alike are told apart") {
  KeyEntry first = entry("first", "key");
  KeyEntry second = entry("second", "key");
  first.sha256->back() ^= 1U;
  const auto ring = KeyRing::build(std::vector{first, second}, {});
  const auto found = ring->find("key", expiry);
  REQUIRE(found.denial == Denial::none);
  CHECK(found.principal->key_id == "second");
}

TEST_CASE("an all-zero digest in the ring is not what unknown keys are compared with") {
  KeyEntry zero = entry("zero", "x");
  zero.sha256.emplace();
  const auto ring = KeyRing::build(std::vector{zero}, {});
  CHECK(ring->find("anything", expiry).denial == Denial::unknown);
}

TEST_CASE("an empty ring knows nobody") {
  const auto ring = KeyRing::build({}, {});
  CHECK(ring->find("key", expiry).denial == Denial::unknown);
  CHECK(ring->principals().empty());
}

TEST_CASE("a key is refused from the first moment of its expiry date") {
  KeyEntry expiring = entry("a", "key");
  expiring.expires = expiry;
  const auto ring = KeyRing::build(std::vector{expiring}, {});
  auto [now, denial] = GENERATE(table<std::chrono::system_clock::time_point, Denial>({
      {expiry - 365 * 24h, Denial::none},
      {expiry - 1ms, Denial::none},
      {expiry, Denial::expired},
      {expiry + 24h, Denial::expired},
  }));
  const auto found = ring->find("key", now);
  CHECK(found.denial == denial);
  REQUIRE(found.principal != nullptr);
  CHECK(found.principal->key_id == "a");
}

TEST_CASE("a principal carries what its entry says") {
  const std::vector<std::string> operations{"list", "create"};
  KeyEntry full = limited("a", 50, 100);
  full.scopes = {Scope::read, Scope::write};
  full.operations = {"create"};
  full.expires = expiry;
  KeyRing::Options options;
  options.operation_ids = operations;
  options.team_number = [](std::string_view team) { return team == "team-of-a" ? 7U : 0U; };
  const auto ring = KeyRing::build(std::vector{full}, options);
  const Principal& principal = ring->principals()[0];
  CHECK(principal.key_id == "a");
  CHECK(principal.team == "team-of-a");
  CHECK(principal.team_number == 7);
  CHECK(principal.scopes.all());
  CHECK(principal.operations == std::vector<bool>{false, true});
  CHECK(principal.expires == expiry);
  REQUIRE(principal.bucket != nullptr);
  CHECK(principal.bucket->peek(ring_made_at).limit == 100);
}

TEST_CASE("a reload keeps the level of a key's bucket") {
  const auto old = KeyRing::build(std::vector{limited("a", 1, 10), limited("b", 1, 10)}, {});
  for (int i = 0; i < 6; ++i) old->principals()[0].bucket->take(ring_made_at);

  SECTION("the very bucket when rate and burst are the same, wherever the key now stands in the file") {
    const auto ring = next_ring(*old, {limited("b", 1, 10), limited("a", 1, 10)});
    CHECK(ring->principals()[1].bucket == old->principals()[0].bucket);
    CHECK(ring->principals()[0].bucket->peek(ring_made_at).remaining == 10);
  }
  SECTION("the tokens that are missing when they changed") {
    auto [rate, burst, remaining] = GENERATE(table<std::uint32_t, std::uint32_t, std::uint32_t>({
        {1, 20, 14},
        {100, 20, 14},
        {1, 8, 2},
        {1, 3, 0},
    }));
    const auto ring = next_ring(*old, {limited("a", rate, burst)});
    CHECK(ring->principals()[0].bucket->peek(ring_made_at).remaining == remaining);
  }
  SECTION("a key with another id begins with a full bucket") {
    const auto ring = next_ring(*old, {limited("c", 1, 10)});
    CHECK(ring->principals()[0].bucket->peek(ring_made_at).remaining == 10);
  }
  SECTION("a key that is no longer limited has no bucket") {
    const auto ring = next_ring(*old, {entry("a", "a")});
    CHECK(ring->principals()[0].bucket == nullptr);
  }
}

TEST_CASE("threads look keys up at once") {
  std::vector<KeyEntry> entries;
  entries.reserve(64);
  for (int i = 0; i < 64; ++i) entries.push_back(entry("k" + std::to_string(i), "key" + std::to_string(i)));
  const auto ring = KeyRing::build(entries, {});
  std::vector<int> found(4, 0);
  std::vector<std::thread> threads;
  threads.reserve(found.size());
  for (auto& count : found) {
    threads.emplace_back([&] {
      for (int i = 0; i < 128; ++i) {
        const auto lookup = ring->find("key" + std::to_string(i), expiry);
        count += lookup.principal != nullptr && lookup.principal->key_id == "k" + std::to_string(i) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(found == std::vector<int>(4, 64));
}

TEST_CASE("a key that is rotated has two secrets, each with its own end") {
  KeyEntry rotated = entry("a", "unused");
  rotated.sha256.reset();
  rotated.secrets = {{digest_of("new"), std::nullopt}, {digest_of("old"), expiry}};
  const auto ring = KeyRing::build(std::vector{rotated}, {});
  CHECK(ring->find("new", expiry + 24h).denial == Denial::none);
  CHECK(ring->find("old", expiry - 1s).denial == Denial::none);
  CHECK(ring->find("old", expiry).denial == Denial::expired);
  CHECK(ring->find("old", expiry).principal->key_id == "a");
  CHECK(ring->principals().size() == 1);
}

TEST_CASE("a disabled key is an unknown one") {
  KeyEntry disabled = entry("a", "key");
  disabled.disabled = true;
  CHECK(KeyRing::build(std::vector{disabled}, {})->find("key", expiry).denial == Denial::unknown);
}

TEST_CASE("what changed between two rings is told by id") {
  KeyEntry changed = entry("changed", "2");
  const auto before = KeyRing::build(std::vector{entry("kept", "1"), changed, entry("removed", "3")}, {});
  changed.scopes = {pgw::config::Scope::write};
  const auto after = KeyRing::build(std::vector{entry("added", "4"), entry("kept", "1"), changed}, {});
  const auto changes = changes_of(*before, *after);
  CHECK(changes.added == std::vector<std::string>{"added"});
  CHECK(changes.removed == std::vector<std::string>{"removed"});
  CHECK(changes.changed == std::vector<std::string>{"changed"});
}
