// The end of a fetch: what of it is stored, and what its followers get.
#include <charconv>
#include <utility>

#include "cache/cache.h"
#include "cache/conditional.h"

namespace pgw::cache {
namespace {

EntryContext context_of(const Flight& flight, int status, HeaderSpan request_headers, TimePoint now,
                        std::string_view targeted) {
  const auto& [tags, snapshot] = is_refusal(status) ? flight.ties_if_refused : flight.ties;
  return {flight.key, request_headers, flight.rule, snapshot, tags, flight.request_time, now, targeted};
}

void nothing_to_settle(bool /*spoiled*/) {}

// 0 when it is absent or not a number: the body will tell.
std::size_t content_length(HeaderSpan headers) {
  std::size_t length = 0;
  const std::string_view text = find(headers, "Content-Length").value_or("");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc::result_out_of_range ? SIZE_MAX : length;
}

// Does an answer of this status, itself not to be kept, end the time of the one that is stored? An error or a refusal
// does not.
bool supersedes(int status) {
  const bool says_what_is_there = status >= 200 && status < 400 && status != 206 && status != 304;
  return says_what_is_there || status == 404 || status == 410;
}

Shared retry() {
  return {SharedOutcome::retry, nullptr};
}

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
  for (const auto& follower : cache_->flights_.finish(flight, settle)) follower->deliver(share(*follower));
}

std::vector<Header> Fetch::validators() const {
  if (!flight_ || !flight_->stored || drop_validators_) return {};
  return cache::validators(*flight_->stored, !flight_->stored_may_serve);
}

Fetch::Verdict Fetch::judge(int status, HeaderSpan headers, TimePoint now) const {
  const Options& options = cache_->options_;
  const ResponseMeta meta = read_response_meta(headers, now, options.targeted_field);
  const Lifetime lifetime = freshness_lifetime(status, meta, flight_->rule, now);
  switch (is_storable("GET", status, headers, meta, lifetime, flight_->rule, flight_->authorized)) {
    case Storable::yes:
      return {StoreResult::stored, true};
    case Storable::no_freshness:
      if (status >= 500) return {StoreResult::error_shared, true};
      return {StoreResult::no_rule, false};
    case Storable::useless:
      if (status >= 500) return {StoreResult::error_shared, true};
      return {StoreResult::not_cacheable, false};
    default:
      return {StoreResult::not_cacheable, false};
  }
}

void Fetch::release(int status, TimePoint now) {
  if (supersedes(status) && flight_->stored) cache_->store_.erase(flight_->stored);
  cache_->pass_marks_.set(flight_->hash, now + cache_->options_.pass_through_time);
  abandon();
}

bool Fetch::uncacheable_head(int status, HeaderSpan headers, TimePoint now) {
  if (!flight_) return false;
  if (is_stale_if_error_status(status) && stale_if_error(now)) return false;
  const Verdict verdict = judge(status, headers, now);
  if (verdict.is_shareable && content_length(headers) <= cache_->max_body_bytes()) return false;
  release(status, now);
  return true;
}

void Fetch::too_large(int status, TimePoint now) {
  if (flight_) release(status, now);
}

EntryPtr Fetch::stand_in(int status, TimePoint now) {
  if (!is_stale_if_error_status(status)) return nullptr;
  EntryPtr stale = stale_if_error(now);
  if (stale) share_stale(now, retry());
  return stale;
}

EntryPtr Fetch::complete(Response&& response, TimePoint now, StoreResult& result) {
  result = StoreResult::not_cacheable;
  if (!flight_) return nullptr;
  if (EntryPtr stale = stand_in(response.status, now)) {
    result = StoreResult::stale_on_error;
    return stale;
  }
  const Verdict verdict = judge(response.status, response.headers, now);
  result = verdict.result;
  if (!verdict.is_shareable) {
    release(response.status, now);
    return nullptr;
  }
  const std::vector<Header> request = flight_->request_headers.view();
  const EntryContext context = context_of(*flight_, response.status, request, now, cache_->options_.targeted_field);
  EntryPtr entry = make_entry(context, response.status, response.headers, response.body);
  settle(entry, now, result);
  return entry;
}

EntryPtr Fetch::not_modified(HeaderSpan headers, TimePoint now, StoreResult& result) {
  result = StoreResult::not_selected;
  if (!flight_) return nullptr;
  if (validators().empty() || !selects(headers, *flight_->stored)) {
    drop_validators_ = true;
    return nullptr;
  }
  const EntryPtr stored = flight_->stored;
  const std::vector<Header> merged = merge_fields(*stored, headers);
  const std::vector<Header> request = flight_->request_headers.view();
  const EntryContext context = context_of(*flight_, stored->status, request, now, cache_->options_.targeted_field);
  EntryPtr entry = update_entry(context, *stored, merged);
  const Verdict verdict = judge(stored->status, merged, now);
  result = verdict.result == StoreResult::stored ? StoreResult::updated : verdict.result;
  if (verdict.is_shareable) {
    settle(entry, now, result);
  } else {
    release(stored->status, now);
  }
  return entry;
}

// Stores the entry if nothing moved since the fetch was sent, and hands it to those followers that it answers.
void Fetch::settle(const EntryPtr& entry, TimePoint now, StoreResult& result) {
  Cache& cache = *cache_;
  const FlightPtr flight = flight_;
  const bool is_error = result == StoreResult::error_shared;
  const bool stale_may_serve = is_stale_if_error_status(entry->status) && stored_may_serve();
  const bool serves_others = !entry->freshness.no_cache && entry->ttl(now) > Duration::zero();
  const auto store = [&](bool spoiled) {
    if (is_error) return;
    if (spoiled || !cache.is_current(entry->snapshot)) {
      result = StoreResult::generation_moved;
    } else if (!cache.store_.insert(entry)) {
      result = StoreResult::too_large;
    } else {
      cache.counters_.stored.add();
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
    // What stands in for an error depends on each one's own directives: the leader's may have refused it.
    if (is_error && stale_may_serve && follower.accepts_on_error(*flight->stored, now)) {
      return Shared{SharedOutcome::stale_on_error, flight->stored};
    }
    const bool answers = is_error ? follower.accepts_variant(*entry) : follower.accepts(*entry, now);
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
  return flight_->stored->usable_on_error(now, flight_->request_directives) ? flight_->stored : nullptr;
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
    if (may_serve && follower.accepts_on_error(*flight->stored, now)) {
      return Shared{SharedOutcome::stale_on_error, flight->stored};
    }
    return otherwise;
  });
}

}  // namespace pgw::cache
