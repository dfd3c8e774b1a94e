#include "cache/cache.h"

#include <algorithm>
#include <utility>

#include "cache/conditional.h"
#include "cache/standing.h"

namespace pgw::cache {

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

std::string_view to_string(StaleReason reason) {
  switch (reason) {
    case StaleReason::none:
      return "";
    case StaleReason::rule_changed:
      return "rule-changed";
    case StaleReason::purged:
      return "purged";
    case StaleReason::write_under_way:
      return "write-under-way";
    case StaleReason::write_unsettled:
      return "write-unsettled";
    case StaleReason::changed:
      return "changed";
    case StaleReason::no_cache:
      return "no-cache";
    case StaleReason::expired:
      return "expired";
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
    : options_(std::move(options)),
      unknown_write_time_(options_.unknown_write_time),
      store_(options_.store, &departures_) {}
Cache::~Cache() = default;

TimePoint Cache::clock() const {
  return options_.clock ? options_.clock() : std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

bool Cache::is_current(const Snapshot& snapshot) const {
  return !options_.check_generations || generations_.is_current(snapshot);
}

// Of what is not current: which of the things that end it came first to be found. A tag that moved was moved by a
// write, unless it is known that a purge did.
StaleReason Cache::why_not_current(const Entry& entry, StaleMark mark) const {
  if (mark.is_outdated()) return StaleReason::rule_changed;
  if (mark.is_soft()) return StaleReason::purged;
  if (!options_.check_generations) return StaleReason::none;
  const Generations::End end = generations_.end_of(entry.snapshot);
  switch (end.kind) {
    case Generations::End::Kind::none:
      return StaleReason::none;
    case Generations::End::Kind::everything_moved:
      return StaleReason::purged;
    case Generations::End::Kind::under_way:
      return StaleReason::write_under_way;
    case Generations::End::Kind::unsettled:
      return StaleReason::write_unsettled;
    case Generations::End::Kind::moved:
      break;
  }
  const auto movement = movements_.last(end.slot);
  return movement && movement->mover == Mover::purge ? StaleReason::purged : StaleReason::changed;
}

// An authorized request learns nothing of answers that were stored for others, not even by a 304.
Cache::Standing Cache::judge(Store::Found found, const Read& read, const Request& request, TimePoint now) const {
  Standing standing;
  const auto is_for = [&](const EntryPtr& entry) {
    return entry && (!read.authorized || entry->freshness.for_everyone);
  };
  if (is_for(found.other_variant)) standing.other_variant = std::move(found.other_variant);
  if (!is_for(found.entry)) return standing;
  const Entry& entry = *found.entry;
  Duration age = entry.age(now);
  if (found.mark.is_soft()) {
    standing.was_purged = true;
    standing.older_by = std::max(entry.freshness.lifetime.value + found.mark.since(now) - age, Duration::zero());
    age += standing.older_by;
  }
  standing.may_serve = !found.mark.is_outdated() && is_current(entry.snapshot);
  standing.usability = usability(entry.freshness, age, request.directives);
  if (!standing.may_serve || standing.usability != Usability::fresh) {
    standing.stale = why_not_current(entry, found.mark);
    if (standing.stale == StaleReason::none && entry.freshness.no_cache) standing.stale = StaleReason::no_cache;
    const bool is_old = age >= entry.freshness.lifetime.value;
    if (standing.stale == StaleReason::none && is_old) standing.stale = StaleReason::expired;
  }
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

// What a read comes to, before anything is done about it.
Cache::Course Cache::course_of(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                               TimePoint now) const {
  if (request.directives.no_store) return {ReadAction::pass, MissReason::request};
  if (standing.may_serve) {
    if (standing.usability == Usability::fresh) return {ReadAction::serve};
    if (standing.usability == Usability::stale_by_request) {
      return {.action = ReadAction::serve, .reason = MissReason::none, .is_stale = true};
    }
    if (standing.usability == Usability::stale_while_revalidate) {
      return {.action = ReadAction::serve_stale_and_refresh, .reason = MissReason::none, .is_stale = true};
    }
  }
  if (request.directives.only_if_cached) return {ReadAction::only_if_cached_miss, standing.reason()};
  if (const auto spared = spare_upstream(read, hash, request, standing, now)) return *spared;
  if (options_.check_generations && generations_.unsettled(read.tags, now)) {
    return {ReadAction::pass, MissReason::bypass};
  }
  if (read.is_head) return {ReadAction::pass, standing.reason()};
  // An authorized answer is shared only if the origin says so. The origin's last answer tells whether the next one
  // will.
  const bool is_personal = read.authorized && standing.sibling() == nullptr;
  return {.action = ReadAction::fetch,
          .reason = standing.reason(),
          .asks_alone = !read.may_wait || is_personal || pass_marks_.is_set(hash, now)};
}

// An upstream that is slow is left to those who asked it first; one that sheds load is asked by nobody.
std::optional<Cache::Course> Cache::spare_upstream(const Read& read, KeyHash hash, const Request& request,
                                                   const Standing& standing, TimePoint now) const {
  const auto shed = read.authorized ? LoadShedding::Verdict{} : shedding_.verdict(hash, now);
  if (shed.status == 0 && !read.is_hurried) return std::nullopt;
  Course course{.is_stale = true, .shed = {shed.status, shed.wait}};
  if (standing.may_stand_in(request, now)) {
    course.action = ReadAction::serve_stale_on_error;
  } else if (shed.status != 0) {
    course.action = ReadAction::shed;
  } else {
    return std::nullopt;
  }
  return course;
}

Decision Cache::read(const Read& read, TimePoint now, Waiter waiter) {
  const Request request(read.request_headers);
  const KeyHash hash = hash_key(read.key);
  Standing standing;
  if (!request.directives.no_store) {
    standing = judge(store_.find(read.key, hash, read.request_headers), read, request, now);
  }
  const Course course = course_of(read, hash, request, standing, now);
  if (course.shed.status != 0) counters_.sheds.add();
  Decision decision;
  switch (course.action) {
    case ReadAction::serve:
      return serve(standing, course.is_stale);
    case ReadAction::serve_stale_on_error:
      decision = serve(standing, true);
      break;
    case ReadAction::serve_stale_and_refresh:
      return serve_stale(read, hash, request, standing, now);
    case ReadAction::fetch:
      return go_forward(read, hash, request, standing, course, now, waiter);
    case ReadAction::pass:
      counters_.passes.add();
      break;
    default:
      break;
  }
  decision.action = course.action;
  decision.reason = course.reason;
  decision.stale = standing.stale;
  decision.shed = course.shed;
  return decision;
}

Decision Cache::serve(const Standing& standing, bool stale) {
  counters_.hits.add();
  if (stale) counters_.stale_hits.add();
  Decision decision;
  decision.action = ReadAction::serve;
  decision.entry = standing.entry;
  decision.stale = standing.stale;
  decision.older_by = standing.older_by;
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
  Decision decision = serve(standing, true);
  if (!joined.flight) return decision;
  decision.action = ReadAction::serve_stale_and_refresh;
  decision.fetch = Fetch(this, std::move(joined.flight));
  counters_.revalidations.add();
  return decision;
}

Decision Cache::go_forward(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                           const Course& course, TimePoint now, Waiter& waiter) {
  const bool joins_none = course.asks_alone || request.refuses_to_join();
  const auto may_join = [&](const Flight& flight) {
    return flight.joinable && is_current(flight.ties.snapshot) && wants_same(flight, read, standing);
  };
  auto joined = flights_.join_or_add(
      read.key, hash, joins_none ? nullptr : std::function<bool(const Flight&)>(may_join),
      [&](const Flight& flight) {
        return std::make_shared<WaitRecord>(std::move(waiter), read.request_headers, request.directives,
                                            is_current(flight.ties_if_refused.snapshot), read.authorized);
      },
      [&] { return make_flight(read, hash, request, standing, now, !course.asks_alone); });
  Decision decision;
  decision.reason = course.reason;
  decision.stale = standing.stale;
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
  flight->began = generations_.sequence();
  flight->key_purges = key_purges_.load();
  const auto tie_to = [&](std::span<const Tag> tags) {
    return Flight::Ties{join_tags(tags), generations_.snapshot(tags, now)};
  };
  flight->ties = tie_to(read.tags);
  flight->ties_if_refused = read.tags_if_refused.empty() ? flight->ties : tie_to(read.tags_if_refused);
  flight->request_time = now;
  flight->stored = standing.entry;
  flight->stored_may_serve = standing.may_serve;
  flight->stored_is_invalid = !standing.may_serve || standing.was_purged;
  flight->stored_older_by = standing.older_by;
  flight->joinable = joinable;
  return flight;
}

WriteGuard Cache::begin_write(std::span<const Tag> tags, std::string_view by) {
  return {this, tags, by};
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
  stats.invalidations_by_purge = purges_.load();
  stats.scanned = store_.scanned();
  stats.primed = counters_.primed.value();
  return stats;
}

}  // namespace pgw::cache
