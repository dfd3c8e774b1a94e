#include "cache/cache.h"

#include <algorithm>
#include <utility>

#include "cache/conditional.h"

namespace pgw::cache {
struct Cache::Request {
  explicit Request(HeaderSpan headers) : directives(parse_request_directives(headers)) {}

  // Another's fetch was sent before this request came: too early for who asks for a response of now.
  bool refuses_to_join() const { return directives.no_cache || directives.max_age == Duration::zero(); }

  RequestDirectives directives;
};

struct Cache::Standing {
  EntryPtr entry;
  EntryPtr other_variant;
  bool may_serve = false;  // false: invalidated, of use for revalidation only
  Usability usability = Usability::stale;

  MissReason reason() const {
    if (!entry) return other_variant ? MissReason::vary_miss : MissReason::uri_miss;
    return may_serve && usability == Usability::refused_by_request ? MissReason::request : MissReason::stale;
  }
  // Is it of use for a request of this kind while the upstream is in trouble?
  bool may_stand_in(const Request& request, TimePoint now) const {
    return entry && may_serve && entry->usable_on_error(now, request.directives);
  }
  // The entry whose Vary tells which requests want the same response; null when nothing is known yet.
  const Entry* sibling() const { return entry ? entry.get() : other_variant.get(); }
};

std::string_view fwd_token(MissReason reason) {
  switch (reason) {
    case MissReason::none:
      return "";
    case MissReason::uri_miss:
      return "uri-miss";
    case MissReason::vary_miss:
      return "vary-miss";
    case MissReason::stale:
      return "stale";
    case MissReason::request:
      return "request";
    case MissReason::bypass:
      return "bypass";
  }
  return "";
}

std::string_view to_string(StoreResult result) {
  switch (result) {
    case StoreResult::stored:
      return "stored";
    case StoreResult::updated:
      return "updated";
    case StoreResult::not_cacheable:
      return "not_cacheable";
    case StoreResult::no_rule:
      return "no_rule";
    case StoreResult::generation_moved:
      return "generation_moved";
    case StoreResult::too_large:
      return "too_large";
    case StoreResult::error_shared:
      return "error_shared";
    case StoreResult::stale_on_error:
      return "stale_on_error";
    case StoreResult::not_selected:
      return "not_selected";
  }
  return "";
}

Cache::Cache(Options options)
    : options_(std::move(options)), unknown_write_time_(options_.unknown_write_time), store_(options_.store) {}
Cache::~Cache() = default;

bool Cache::is_current(const Snapshot& snapshot) const {
  return !options_.check_generations || generations_.is_current(snapshot);
}

// An authorized request learns nothing of answers that were stored for others, not even by a 304.
Cache::Standing Cache::judge(Store::Found found, const Read& read, const Request& request, TimePoint now) const {
  Standing standing;
  const auto is_for = [&](const EntryPtr& entry) {
    return entry && (!read.authorized || entry->freshness.for_everyone);
  };
  if (is_for(found.other_variant)) standing.other_variant = std::move(found.other_variant);
  if (!is_for(found.entry)) return standing;
  standing.may_serve = !found.marked_stale && is_current(found.entry->snapshot);
  standing.usability = usability(found.entry->freshness, found.entry->age(now), request.directives);
  standing.entry = std::move(found.entry);
  return standing;
}

EntryPtr Cache::find_fresh(const Read& read, TimePoint now) {
  const Request request(read.request_headers);
  if (request.directives.no_store) return nullptr;
  Standing standing = judge(store_.find(read.key, hash_key(read.key), read.request_headers), read, request, now);
  if (!standing.may_serve || standing.usability != Usability::fresh) return nullptr;
  counters_.hits.add();
  return std::move(standing.entry);
}

Decision Cache::read(const Read& read, TimePoint now, Waiter waiter) {
  const Request request(read.request_headers);
  if (request.directives.no_store) return pass(MissReason::request);
  const KeyHash hash = hash_key(read.key);
  Standing standing = judge(store_.find(read.key, hash, read.request_headers), read, request, now);
  if (standing.may_serve) {
    if (standing.usability == Usability::fresh) return serve(std::move(standing.entry), false);
    if (standing.usability == Usability::stale_by_request) return serve(std::move(standing.entry), true);
    if (standing.usability == Usability::stale_while_revalidate) return serve_stale(read, hash, request, standing, now);
  }
  if (request.directives.only_if_cached) {
    Decision decision;
    decision.action = ReadAction::only_if_cached_miss;
    decision.reason = standing.reason();
    return decision;
  }
  if (auto spared = spare_upstream(read, hash, request, standing, now)) return std::move(*spared);
  if (options_.check_generations && generations_.unsettled(read.tags, now)) return pass(MissReason::bypass);
  if (read.is_head) return pass(standing.reason());
  return go_forward(read, hash, request, standing, now, waiter);
}

Decision Cache::pass(MissReason reason) {
  counters_.passes.add();
  Decision decision;
  decision.reason = reason;
  return decision;
}

// An upstream that is slow is left to those who asked it first; one that sheds load is asked by nobody.
std::optional<Decision> Cache::spare_upstream(const Read& read, KeyHash hash, const Request& request,
                                              const Standing& standing, TimePoint now) {
  const auto shed = read.authorized ? LoadShedding::Verdict{} : shedding_.verdict(hash, now);
  if (shed.status == 0 && !read.is_hurried) return std::nullopt;
  Decision decision;
  if (standing.may_stand_in(request, now)) {
    decision = serve(standing.entry, true);
    decision.action = ReadAction::serve_stale_on_error;
  } else if (shed.status != 0) {
    decision.action = ReadAction::shed;
    decision.shed = {shed.status, shed.wait};
  } else {
    return std::nullopt;
  }
  if (shed.status != 0) counters_.sheds.add();
  return decision;
}

Decision Cache::serve(EntryPtr entry, bool stale) {
  counters_.hits.add();
  if (stale) counters_.stale_hits.add();
  Decision decision;
  decision.action = ReadAction::serve;
  decision.entry = std::move(entry);
  return decision;
}

// Serves the stale entry; the first to do so has the duty to refresh it, as long as its fetch can still be stored.
Decision Cache::serve_stale(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                            TimePoint now) {
  const auto refreshes_it = [&](const Flight& flight) {
    return is_current(flight.ties.snapshot) && wants_same(flight, read, standing);
  };
  auto joined = flights_.join_or_add(read.key, hash, refreshes_it, nullptr,
                                     [&] { return make_flight(read, hash, request, standing, now, true); });
  Decision decision = serve(standing.entry, true);
  if (!joined.flight) return decision;
  decision.action = ReadAction::serve_stale_and_refresh;
  decision.fetch = Fetch(this, std::move(joined.flight));
  counters_.revalidations.add();
  return decision;
}

Decision Cache::go_forward(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                           TimePoint now, Waiter& waiter) {
  // An authorized answer is shared only if the origin says so. The origin's last answer tells whether the next one
  // will.
  const bool is_personal = read.authorized && standing.sibling() == nullptr;
  const bool alone = !read.may_wait || is_personal || pass_marks_.is_set(hash, now);
  const bool joins_none = alone || request.refuses_to_join();
  const auto may_join = [&](const Flight& flight) {
    return flight.joinable && is_current(flight.ties.snapshot) && wants_same(flight, read, standing);
  };
  auto joined = flights_.join_or_add(
      read.key, hash, joins_none ? nullptr : std::function<bool(const Flight&)>(may_join),
      [&](const Flight& flight) {
        return std::make_shared<WaitRecord>(std::move(waiter), read.request_headers, request.directives,
                                            is_current(flight.ties_if_refused.snapshot), read.authorized);
      },
      [&] { return make_flight(read, hash, request, standing, now, !alone); });
  Decision decision;
  decision.reason = standing.reason();
  decision.has_stand_in = standing.may_stand_in(request, now);
  if (joined.record) {
    counters_.joined.add();
    decision.action = ReadAction::wait;
    decision.wait = Wait(std::move(joined.record));
    return decision;
  }
  decision.fetch = Fetch(this, std::move(joined.flight));
  const bool revalidates = !decision.fetch.validators().empty();
  (revalidates ? counters_.revalidations : counters_.fetches).add();
  decision.action = revalidates ? ReadAction::revalidate : ReadAction::fetch;
  if (revalidates) decision.entry = standing.entry;
  return decision;
}

bool Cache::wants_same(const Flight& flight, const Read& read, const Standing& standing) {
  const Entry* const sibling = standing.sibling();
  return sibling == nullptr || sibling->vary().empty() ||
         sibling->vary().agree(flight.request_headers.view(), read.request_headers);
}

FlightPtr Cache::make_flight(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                             TimePoint now, bool joinable) const {
  auto flight = std::make_shared<Flight>();
  flight->key = read.key;
  flight->hash = hash;
  flight->request_headers = OwnedHeaders(read.request_headers);
  flight->request_directives = request.directives;
  flight->rule = read.rule;
  flight->authorized = read.authorized;
  const auto tie_to = [&](std::span<const Tag> tags) {
    return Flight::Ties{join_tags(tags), generations_.snapshot(tags, now)};
  };
  flight->ties = tie_to(read.tags);
  flight->ties_if_refused = read.tags_if_refused.empty() ? flight->ties : tie_to(read.tags_if_refused);
  flight->request_time = now;
  flight->stored = standing.entry;
  flight->stored_may_serve = standing.may_serve;
  flight->joinable = joinable;
  return flight;
}

WriteGuard Cache::begin_write(std::span<const Tag> tags) {
  return {this, tags};
}

Purged Cache::purge_all(PurgeMode mode) {
  counters_.purges.add();
  shedding_.forget();
  generations_.bump_everything();
  const std::size_t fetches = flights_.spoil_if([](const Flight&) { return true; });
  if (mode == PurgeMode::soft) return {store_.entries(), fetches};
  return {store_.erase_if([](const Entry&) { return true; }), fetches};
}

Purged Cache::purge_tags(std::span<const Tag> tags, PurgeMode mode) {
  counters_.purges.add();
  generations_.bump(tags);
  const auto carries = [&](std::string_view texts) {
    return std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) { return has_tag(texts, tag.text()); });
  };
  const std::size_t fetches = flights_.spoil_if([&](const Flight& flight) { return carries(flight.ties.tags); });
  const auto entry_carries = [&](const Entry& entry) { return carries(entry.tags); };
  return {mode == PurgeMode::hard ? store_.erase_if(entry_carries) : store_.count_if(entry_carries), fetches};
}

Purged Cache::purge_keys(const std::function<bool(std::string_view key)>& matches, PurgeMode mode) {
  counters_.purges.add();
  const auto flight_matches = [&](const Flight& flight) { return matches(flight.key); };
  const auto entry_matches = [&](const Entry& entry) { return matches(entry.key); };
  key_purges_.fetch_add(1);
  Purged purged;
  purged.fetches = flights_.spoil_if(flight_matches);
  purged.entries = mode == PurgeMode::hard ? store_.erase_if(entry_matches) : store_.mark_stale_if(entry_matches);
  // Fetches that began before the scan came to the entry that they hold, to be revalidated or to stand in for an error.
  purged.fetches += flights_.spoil_if(flight_matches);
  return purged;
}

void Cache::for_each(const std::function<void(const EntryInfo&)>& visit) const {
  store_.for_each([&](const Store::Info& info) {
    visit({*info.entry, info.hits, !info.marked_stale && is_current(info.entry->snapshot)});
  });
}

Stats Cache::stats() const {
  Stats stats;
  stats.entries = store_.entries();
  stats.bytes = store_.bytes();
  stats.capacity = store_.capacity();
  stats.evictions = store_.evictions();
  stats.variant_evictions = store_.variant_evictions();
  stats.hits = counters_.hits.value();
  stats.stale_hits = counters_.stale_hits.value();
  stats.joined = counters_.joined.value();
  stats.fetches = counters_.fetches.value();
  stats.revalidations = counters_.revalidations.value();
  stats.passes = counters_.passes.value();
  stats.stored = counters_.stored.value();
  stats.in_flight = flights_.size();
  stats.invalidations_by_write = counters_.writes.value();
  stats.invalidations_by_unknown_write = counters_.unknown_writes.value();
  stats.refused_writes = counters_.refused_writes.value();
  stats.sheds = counters_.sheds.value();
  stats.invalidations_by_purge = counters_.purges.value();
  stats.scanned = store_.scanned();
  stats.primed = counters_.primed.value();
  return stats;
}

}  // namespace pgw::cache
