// The end of a fetch: what of it is stored, and what its followers get.
#include <charconv>
#include <utility>

#include "cache/cache.h"
#include "cache/conditional.h"

namespace pgw::cache {
namespace {

void nothing_to_settle(bool /*spoiled*/) {}

// 0 when it is absent or not a number: the body will tell.
std::size_t content_length(HeaderSpan headers) {
  std::size_t length = 0;
  const std::string_view text = find(headers, "Content-Length").value_or("");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc::result_out_of_range ? SIZE_MAX : length;
}

// Does an answer of this status, itself not to be kept, end the time of the one that is stored? An error does not, nor
// a refusal that speaks of the caller (401, 403, 429); one that speaks of the resource does.
bool supersedes(int status) {
  const bool says_what_is_there = status >= 200 && status < 400 && status != 206 && status != 304;
  return says_what_is_there || status == 404 || status == 410 || status == 451;
}

// Is a response of this status, if it is not kept, at least what all who ask at the same time should get?
bool is_shared_error(int status) {
  return status >= 500 || status == 429;
}

constexpr std::string_view kTooLarge = "too-large";

// The tags of what is stored that its read does not give it: the origin's own.
Tags tags_beyond(std::string_view of_the_read, std::string_view stored) {
  if (stored.starts_with(of_the_read)) stored.remove_prefix(of_the_read.size());
  if (stored.starts_with(' ')) stored.remove_prefix(1);
  return split_tags(stored);
}

Shared retry() {
  return {SharedOutcome::retry, nullptr};
}

// Followers of a fetch that is over: whoever has got nothing when this goes reads again, whatever went wrong.
struct Leaving {
  Leaving() = default;
  ~Leaving() {
    for (const auto& follower : followers) follower->deliver(retry());
  }
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;

  FlightTable::Followers followers;
};

}  // namespace

Fetch::~Fetch() {
  abandon();
}

Fetch& Fetch::operator=(Fetch&& other) noexcept {
  if (this != &other) {
    abandon();
    cache_ = other.cache_;
    flight_ = std::move(other.flight_);
    drop_validators_ = other.drop_validators_;
    why_not_stored_ = other.why_not_stored_;
  }
  return *this;
}

void Fetch::abandon() {
  if (flight_) end(nothing_to_settle, [](const WaitRecord&) { return retry(); });
}

// Followers are called without any lock, and when this fetch is over: they may ask the cache again at once.
void Fetch::end(const std::function<void(bool spoiled)>& settle,
                const std::function<Shared(const WaitRecord&)>& share) {
  const FlightPtr flight = std::move(flight_);
  flight_ = nullptr;
  Leaving leaving;
  cache_->flights_.finish(flight, leaving.followers, settle);
  for (const auto& follower : leaving.followers) follower->deliver(share(*follower));
}

std::vector<Header> Fetch::validators() const {
  if (!flight_ || !flight_->stored || drop_validators_) return {};
  return cache::validators(*flight_->stored, flight_->stored_is_invalid);
}

Fetch::Ties Fetch::ties_for(int status, std::span<const Tag> origins_own) const {
  const Flight& flight = *flight_;
  const auto& [tags, snapshot] = is_refusal(status) ? flight.ties_if_refused : flight.ties;
  Ties ties{tags, snapshot};
  if (origins_own.empty()) return ties;
  ties.tags.append(ties.tags.empty() ? "" : " ").append(join_tags(origins_own));
  ties.has_origins_own = true;
  // Which purges were about them is not known, as nobody knew of these tags then.
  ties.are_purged = cache_->key_purges_.load() != flight.key_purges;
  cache_->generations_.tie(ties.snapshot, origins_own, flight.began);
  return ties;
}

EntryContext Fetch::context_for(const Ties& ties, HeaderSpan request_headers, TimePoint now) const {
  const Flight& flight = *flight_;
  return {.key = flight.key,
          .request_headers = request_headers,
          .rule = flight.rule,
          .snapshot = ties.snapshot,
          .tags = ties.tags,
          .request_time = flight.request_time,
          .response_time = now,
          .targeted_field = cache_->options_.targeted_field,
          .wall_ahead = cache_->wall_ahead_};
}

Fetch::Verdict Fetch::judge(int status, HeaderSpan headers, TimePoint now) const {
  const Options& options = cache_->options_;
  const TimePoint wall_time = now + cache_->wall_ahead_.load();
  const ResponseMeta meta = read_response_meta(headers, wall_time, options.targeted_field);
  const Lifetime lifetime = freshness_lifetime(status, meta, flight_->rule, wall_time);
  const Storable storable = is_storable("GET", status, headers, meta, lifetime, flight_->rule, flight_->authorized);
  switch (storable) {
    case Storable::yes:
      return {StoreResult::stored, true, storable};
    case Storable::no_freshness:
      if (is_shared_error(status)) return {StoreResult::error_shared, true, storable};
      return {StoreResult::no_rule, false, storable};
    case Storable::useless:
      if (is_shared_error(status)) return {StoreResult::error_shared, true, storable};
      return {StoreResult::not_cacheable, false, storable};
    default:
      return {StoreResult::not_cacheable, false, storable};
  }
}

void Fetch::note_load(int status, HeaderSpan headers, TimePoint now) const {
  if (flight_->authorized) return;  // what one caller may not have says nothing of the others
  const Duration wait = asked_to_wait(status, headers, now + cache_->wall_ahead_.load());
  if (wait > Duration::zero()) {
    cache_->shedding_.note_shed(flight_->hash, status, now + wait);
  } else {
    cache_->shedding_.note_answer(flight_->hash);
  }
}

void Fetch::release(int status, TimePoint now) {
  const bool ends_stored = supersedes(status) && flight_->stored && cache_->store_.erase(flight_->stored);
  cache_->departures_.note(flight_->hash, {.how = ends_stored ? Departure::superseded : Departure::not_stored,
                                           .at = now,
                                           .why = why_not_stored_});
  // An authorized caller's answer says nothing of the answers that other callers will get.
  if (!flight_->authorized) cache_->pass_marks_.set(flight_->hash, now + cache_->options_.pass_through_time);
  abandon();
}

bool Fetch::uncacheable_head(int status, HeaderSpan headers, TimePoint now) {
  if (!flight_) return false;
  note_load(status, headers, now);
  if (is_stale_if_error_status(status) && stale_if_error(now)) return false;
  const Verdict verdict = judge(status, headers, now);
  if (verdict.is_shareable && content_length(headers) <= cache_->max_body_bytes()) return false;
  why_not_stored_ = verdict.is_shareable ? kTooLarge : to_string(verdict.storable);
  release(status, now);
  return true;
}

void Fetch::too_large(int status, TimePoint now) {
  if (!flight_) return;
  why_not_stored_ = kTooLarge;
  release(status, now);
}

EntryPtr Fetch::stand_in(int status, TimePoint now) {
  if (!is_stale_if_error_status(status)) return nullptr;
  EntryPtr stale = stale_if_error(now);
  if (stale) share_stale(now, retry());
  return stale;
}

// From here on the duty is this call's: it is over when the call is, by an exception too.
EntryPtr Fetch::complete(Response&& response, TimePoint now, StoreResult& result) {
  result = StoreResult::not_cacheable;
  if (!flight_) return nullptr;
  Fetch duty(std::move(*this));
  EntryPtr entry = duty.settle_response(response, now, result);
  why_not_stored_ = duty.why_not_stored_;
  return entry;
}

EntryPtr Fetch::settle_response(const Response& response, TimePoint now, StoreResult& result) {
  note_load(response.status, response.headers, now);
  if (EntryPtr stale = stand_in(response.status, now)) {
    result = StoreResult::stale_on_error;
    return stale;
  }
  const Verdict verdict = judge(response.status, response.headers, now);
  result = verdict.result;
  why_not_stored_ = result == StoreResult::error_shared ? "error" : to_string(verdict.storable);
  if (!verdict.is_shareable) {
    release(response.status, now);
    return nullptr;
  }
  const std::vector<Header> request = flight_->request_headers.view();
  const Ties ties = ties_for(response.status, response.tags);
  EntryPtr entry = make_entry(context_for(ties, request, now), response.status, response.headers, response.body);
  settle(entry, ties, now, result);
  return entry;
}

EntryPtr Fetch::not_modified(HeaderSpan headers, TimePoint now, StoreResult& result, const Tags* tags) {
  result = StoreResult::not_selected;
  if (!flight_) return nullptr;
  if (validators().empty() || !selects(headers, *flight_->stored)) {
    drop_validators_ = true;
    return nullptr;
  }
  Fetch duty(std::move(*this));
  EntryPtr entry = duty.settle_not_modified(headers, now, result, tags);
  why_not_stored_ = duty.why_not_stored_;
  return entry;
}

EntryPtr Fetch::settle_not_modified(HeaderSpan headers, TimePoint now, StoreResult& result, const Tags* tags) {
  const EntryPtr stored = flight_->stored;
  const std::vector<Header> merged = merge_fields(*stored, headers);
  const std::vector<Header> request = flight_->request_headers.view();
  const Ties without = ties_for(stored->status, {});
  const Ties ties = ties_for(stored->status, tags != nullptr ? *tags : tags_beyond(without.tags, stored->tags));
  EntryPtr entry = update_entry(context_for(ties, request, now), *stored, merged);
  const Verdict verdict = judge(stored->status, merged, now);
  why_not_stored_ = to_string(verdict.storable);
  result = verdict.result == StoreResult::stored ? StoreResult::updated : verdict.result;
  if (verdict.is_shareable) {
    settle(entry, ties, now, result);
  } else {
    release(stored->status, now);
  }
  return entry;
}

// Stores the entry if nothing moved since the fetch was sent, and hands it to those followers that it answers. What it
// was to revalidate leaves with it: it answers the same request, by another Vary perhaps.
void Fetch::settle(const EntryPtr& entry, const Ties& ties, TimePoint now, StoreResult& result) {
  Cache& cache = *cache_;
  const FlightPtr flight = flight_;
  const bool is_error = result == StoreResult::error_shared;
  const bool stale_may_serve = is_stale_if_error_status(entry->status) && stored_may_serve();
  const bool serves_others = !entry->freshness.no_cache && entry->ttl(now) > Duration::zero();
  const auto store = [&](bool spoiled) {
    if (is_error) return;
    if (spoiled || ties.are_purged || !cache.is_current(entry->snapshot)) {
      result = StoreResult::generation_moved;
      why_not_stored_ = "changed-meanwhile";
    } else if (!cache.store_.insert(entry)) {
      result = StoreResult::too_large;
      why_not_stored_ = kTooLarge;
    } else {
      cache.counters_.stored.add();
      cache.departures_.clear(flight->hash);
      if (flight->stored && flight->stored->vary() != entry->vary()) cache.store_.erase(flight->stored);
    }
    if (!why_not_stored_.empty()) {
      cache.departures_.note(flight->hash, {.how = Departure::not_stored, .at = now, .why = why_not_stored_});
    }
    // What the next request can't use either must not make requests wait for each other.
    if (serves_others && result != StoreResult::too_large) {
      cache.pass_marks_.clear(flight->hash);
    } else {
      cache.pass_marks_.set(flight->hash, now + cache.options_.pass_through_time);
    }
  };
  end(store, [&](const WaitRecord& follower) {
    if (is_refusal(entry->status) && !follower.may_be_refused()) return retry();
    // Who came after the purge that named one of the origin's own tags can't be told from who came before it.
    if (ties.has_origins_own && result == StoreResult::generation_moved) return retry();
    // What stands in for an error depends on each one's own directives: the leader's may have refused it.
    if (is_error && stale_may_serve && follower.accepts_on_error(*flight->stored, now + flight->stored_older_by)) {
      return Shared{SharedOutcome::stale_on_error, flight->stored};
    }
    const bool answers =
        is_error ? follower.accepts_errors() && follower.accepts_variant(*entry) : follower.accepts(*entry, now);
    return answers ? Shared{SharedOutcome::response, entry} : retry();
  });
}

// Neither a write nor a purge has come since the read.
bool Fetch::stored_may_serve() const {
  return flight_ && flight_->stored && flight_->stored_may_serve && !flight_->spoiled &&
         cache_->is_current(flight_->stored->snapshot);
}

EntryPtr Fetch::stale_if_error(TimePoint now) const {
  if (!stored_may_serve()) return nullptr;
  return flight_->stored->usable_on_error(now + flight_->stored_older_by, flight_->request_directives) ? flight_->stored : nullptr;
}

EntryPtr Fetch::failed(TimePoint now, int error) {
  if (!flight_) return nullptr;
  EntryPtr stale = stale_if_error(now);
  share_stale(now, {SharedOutcome::failed, nullptr, error});
  return stale;
}

// Each follower has directives of its own: one may accept what the leader refuses, and refuse what it accepts.
void Fetch::share_stale(TimePoint now, const Shared& otherwise) {
  const FlightPtr flight = flight_;
  const bool may_serve = stored_may_serve();
  end(nothing_to_settle, [&](const WaitRecord& follower) {
    if (may_serve && follower.accepts_on_error(*flight->stored, now + flight->stored_older_by)) {
      return Shared{SharedOutcome::stale_on_error, flight->stored};
    }
    return otherwise;
  });
}

}  // namespace pgw::cache
