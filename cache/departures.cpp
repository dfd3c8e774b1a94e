#include "cache/departures.h"

namespace pgw::cache {

std::string_view to_string(Departure departure) {
  switch (departure) {
    case Departure::evicted:
      return "evicted";
    case Departure::variant:
      return "least-used-variant";
    case Departure::purged:
      return "purged";
    case Departure::superseded:
      return "superseded";
    case Departure::not_stored:
      return "not-stored";
  }
  return "";
}

Departures::Departures() : records_(kRecords) {}

void Departures::note(KeyHash key, const Departed& departed) {
  const std::lock_guard lock(lock_of(key));
  records_[key.low % kRecords] = {key.low, key.high, departed};
}

void Departures::clear(KeyHash key) {
  const std::lock_guard lock(lock_of(key));
  Record& record = records_[key.low % kRecords];
  if (record.low == key.low && record.high == key.high) record = {};
}

std::optional<Departed> Departures::last(KeyHash key) const {
  const std::lock_guard lock(lock_of(key));
  const Record& record = records_[key.low % kRecords];
  if (record.low != key.low || record.high != key.high) return std::nullopt;
  return record.departed;
}

}  // namespace pgw::cache
