#include "cache/flights.h"

#include <algorithm>

namespace pgw::cache {
namespace {

using Flights = std::unordered_map<std::string, std::vector<FlightPtr>>;

// The flights of a key, which leave no empty list behind: not even when the first one can't be made.
class ListOfFlights {
 public:
  ListOfFlights(Flights& all, std::string_view key) : all_(all), place_(all.try_emplace(std::string(key)).first) {}
  ~ListOfFlights() {
    if (place_->second.empty()) all_.erase(place_);
  }
  ListOfFlights(const ListOfFlights&) = delete;
  ListOfFlights& operator=(const ListOfFlights&) = delete;

  std::vector<FlightPtr>& flights() const { return place_->second; }

 private:
  Flights& all_;
  Flights::iterator place_;
};

}  // namespace

WaitRecord::WaitRecord(Waiter waiter, HeaderSpan request_headers, const RequestDirectives& directives,
                       bool may_be_refused, bool authorized)
    : waiter_(std::move(waiter)),
      request_headers_(request_headers),
      directives_(directives),
      may_be_refused_(may_be_refused),
      authorized_(authorized) {}

bool WaitRecord::cancel() {
  if (taken_.exchange(true)) return false;
  waiter_ = nullptr;
  return true;
}

void WaitRecord::deliver(const Shared& shared) noexcept {
  if (taken_.exchange(true)) return;
  try {
    waiter_(shared);
    waiter_ = nullptr;
  } catch (...) {
    taken_ = false;
  }
}

bool WaitRecord::accepts(const Entry& entry, TimePoint now) const {
  const Usability verdict = usability(entry.freshness, entry.age(now), directives_);
  return verdict != Usability::stale && verdict != Usability::refused_by_request && accepts_variant(entry);
}

bool WaitRecord::accepts_variant(const Entry& entry) const {
  if (authorized_ && !entry.freshness.for_everyone) return false;
  return entry.vary().empty() || entry.vary().matches(request_headers_.view());
}

bool WaitRecord::accepts_on_error(const Entry& entry, TimePoint now) const {
  return entry.usable_on_error(now, directives_) && accepts_variant(entry);
}

Wait& Wait::operator=(Wait&& other) noexcept {
  if (this != &other) {
    cancel();
    record_ = std::move(other.record_);
  }
  return *this;
}

bool Wait::cancel() {
  if (record_ == nullptr) return false;
  const bool was_waiting = record_->cancel();
  record_.reset();
  return was_waiting;
}

FlightTable::Joined FlightTable::join_or_add(
    std::string_view key, KeyHash hash, const std::function<bool(const Flight&)>& may_join,
    const std::function<std::shared_ptr<WaitRecord>(const Flight&)>& make_record,
    const std::function<FlightPtr()>& make_flight) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const ListOfFlights list(shard.flights, key);
  std::vector<FlightPtr>& flights = list.flights();
  const auto is_open = [&](const FlightPtr& flight) { return !flight->spoiled && may_join(*flight); };
  const auto open = may_join ? std::find_if(flights.rbegin(), flights.rend(), is_open) : flights.rend();
  if (open == flights.rend()) return {nullptr, flights.emplace_back(make_flight())};
  if (!make_record) return {};
  return {(*open)->followers.emplace_back(make_record(**open)), nullptr};
}

void FlightTable::finish(const FlightPtr& flight, Followers& followers,
                         const std::function<void(bool spoiled)>& settle) {
  Shard& shard = shard_of(flight->hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.flights.find(flight->key);
  std::vector<FlightPtr>& flights = found->second;
  flights.erase(std::find(flights.begin(), flights.end(), flight));
  if (flights.empty()) shard.flights.erase(found);
  followers = std::move(flight->followers);
  settle(flight->spoiled);
}

std::size_t FlightTable::spoil_if(const std::function<bool(const Flight&)>& matches) {
  std::size_t spoiled = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (auto& [key, flights] : shard.flights) {
      for (const FlightPtr& flight : flights) {
        if (matches(*flight) && !flight->spoiled.exchange(true)) ++spoiled;
      }
    }
  }
  return spoiled;
}

std::size_t FlightTable::size() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [key, flights] : shard.flights) sum += flights.size();
  }
  return sum;
}

void PassMarks::set(KeyHash hash, TimePoint until) {
  Mark& mark = marks_[hash.low % kMarks];
  mark.key.store(hash.high, std::memory_order_relaxed);
  mark.until.store(until.time_since_epoch().count(), std::memory_order_relaxed);
}

void PassMarks::clear(KeyHash hash) {
  Mark& mark = marks_[hash.low % kMarks];
  if (mark.key.load(std::memory_order_relaxed) == hash.high) mark.until.store(0, std::memory_order_relaxed);
}

bool PassMarks::is_set(KeyHash hash, TimePoint now) const {
  const Mark& mark = marks_[hash.low % kMarks];
  return mark.key.load(std::memory_order_relaxed) == hash.high &&
         mark.until.load(std::memory_order_relaxed) > now.time_since_epoch().count();
}

}  // namespace pgw::cache
