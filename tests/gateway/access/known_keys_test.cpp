#include "gateway/access/known_keys.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace pgw::access;
using pgw::config::KeyEntry;

namespace {

constexpr std::chrono::sys_days expiry = std::chrono::year(2027) / 1 / 31;
constexpr std::chrono::system_clock::time_point before = expiry - std::chrono::days(1);

KeyEntry entry(const std::string& id, const std::string& key) {
  KeyEntry made;
  made.id = id;
  made.team = "team";
  made.sha256 = digest_of(key);
  made.scopes = {Scope::read};
  return made;
}

std::shared_ptr<const KeyRing> ring_of(const std::vector<KeyEntry>& entries) {
  return KeyRing::build(entries, {});
}

}  // namespace

TEST_CASE("a key is found at the second time as at the first", "[access]") {
  KnownKeys known;
  const auto ring = ring_of({entry("a", "key-a"), entry("b", "key-b")});
  for (int time = 0; time < 3; ++time) {
    CHECK(known.find(ring, "key-a", before).principal == &ring->principals()[0]);
    CHECK(known.find(ring, "key-b", before).principal == &ring->principals()[1]);
    CHECK(known.find(ring, "key-c", before).denial == Denial::unknown);
    CHECK(known.find(ring, "", before).denial == Denial::unknown);
  }
}

TEST_CASE("more keys than the table holds are all found", "[access]") {
  KnownKeys known;
  std::vector<KeyEntry> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back(entry("id-" + std::to_string(i), "key-" + std::to_string(i)));
  const auto ring = ring_of(entries);
  for (int time = 0; time < 2; ++time) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      CHECK(known.find(ring, "key-" + std::to_string(i), before).principal == &ring->principals()[i]);
    }
  }
}

TEST_CASE("a key that is known expires all the same", "[access]") {
  KnownKeys known;
  KeyEntry mortal = entry("a", "key-a");
  mortal.expires = expiry;
  const auto ring = ring_of({mortal});
  CHECK(known.find(ring, "key-a", before).denial == Denial::none);
  CHECK(known.find(ring, "key-a", expiry).denial == Denial::expired);
  CHECK(known.find(ring, "key-a", expiry).principal == &ring->principals()[0]);
  CHECK(known.find(ring, "key-a", before).denial == Denial::none);
}

TEST_CASE("a key that was revoked is unknown under the next ring, and one that moved is its new owner's", "[access]") {
  KnownKeys known;
  const auto old = ring_of({entry("a", "key-a"), entry("b", "key-b")});
  CHECK(known.find(old, "key-a", before).denial == Denial::none);
  CHECK(known.find(old, "key-b", before).denial == Denial::none);
  const auto ring = ring_of({entry("c", "key-b")});
  CHECK(known.find(ring, "key-a", before).denial == Denial::unknown);
  CHECK(known.find(ring, "key-b", before).principal == &ring->principals()[0]);
}

TEST_CASE("a ring that went is not taken for another at its address", "[access]") {
  KnownKeys known;
  for (int time = 0; time < 50; ++time) {
    const auto with = ring_of({entry("a", "key-a")});
    CHECK(known.find(with, "key-a", before).denial == Denial::none);
    const auto without = ring_of({entry("b", "key-b")});
    CHECK(known.find(without, "key-a", before).denial == Denial::unknown);
  }
}
