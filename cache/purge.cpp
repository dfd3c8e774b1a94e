// Purges: what they meet, and what they must not be undone by.
#include <algorithm>
#include <string>

#include "cache/cache.h"

namespace pgw::cache {
namespace {

std::string name_of(std::uint64_t purge) {
  return "purge " + std::to_string(purge);
}

}  // namespace

std::size_t Cache::carry_out(const std::function<bool(const Entry&)>& matches, PurgeMode mode, std::uint64_t number) {
  if (mode == PurgeMode::outdated) return store_.mark_if(matches, StaleMark::outdated());
  const TimePoint now = clock();
  if (mode == PurgeMode::soft) return store_.mark_if(matches, StaleMark::softly(now));
  return store_.erase_if(matches, [&](const Entry& entry) {
    departures_.note(hash_key(entry.key), {.how = Departure::purged, .at = now, .purge = number});
  });
}

Purged Cache::purge_all(PurgeMode mode) {
  Purged purged{.number = purges_.fetch_add(1) + 1};
  shedding_.forget();
  const auto every_flight = [](const Flight&) { return true; };
  const auto every_entry = [](const Entry&) { return true; };
  if (mode == PurgeMode::hard) {
    generations_.bump_everything();
    movements_.note_everything(clock(), name_of(purged.number));
  } else {
    key_purges_.fetch_add(1);
  }
  purged.fetches = flights_.spoil_if(every_flight);
  purged.entries = carry_out(every_entry, mode, purged.number);
  if (mode != PurgeMode::hard) purged.fetches += flights_.spoil_if(every_flight);
  return purged;
}

// What a hard purge has named is not current any more, wherever it is kept, or comes from. A soft one leaves what is
// stored to be used as stale, so that no generation may move: it looks for what it names, as a purge by keys does.
Purged Cache::purge_tags(std::span<const Tag> tags, PurgeMode mode) {
  Purged purged{.number = purges_.fetch_add(1) + 1};
  const auto carries = [&](std::string_view texts) {
    return std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) { return has_tag(texts, tag.text()); });
  };
  const auto flight_carries = [&](const Flight& flight) { return carries(flight.ties.tags); };
  const auto entry_carries = [&](const Entry& entry) { return carries(entry.tags); };
  if (mode == PurgeMode::hard) {
    generations_.bump(tags);
    for (const Tag& tag : tags) movements_.note(Generations::slot_of(tag), Mover::purge, clock(), name_of(purged.number));
  } else {
    key_purges_.fetch_add(1);
  }
  purged.fetches = flights_.spoil_if(flight_carries);
  purged.entries = carry_out(entry_carries, mode, purged.number);
  if (mode != PurgeMode::hard) purged.fetches += flights_.spoil_if(flight_carries);
  return purged;
}

Purged Cache::purge_keys(const std::function<bool(std::string_view key)>& matches, PurgeMode mode) {
  Purged purged{.number = purges_.fetch_add(1) + 1};
  const auto flight_matches = [&](const Flight& flight) { return matches(flight.key); };
  const auto entry_matches = [&](const Entry& entry) { return matches(entry.key); };
  key_purges_.fetch_add(1);
  purged.fetches = flights_.spoil_if(flight_matches);
  purged.entries = carry_out(entry_matches, mode, purged.number);
  // Fetches that began before the scan came to the entry that they hold, to be revalidated or to stand in for an error.
  purged.fetches += flights_.spoil_if(flight_matches);
  return purged;
}

}  // namespace pgw::cache
