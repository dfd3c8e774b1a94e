// The end of a write: what it makes stale, and what its answer may be kept as.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "cache/cache.h"

namespace pgw::cache {
namespace {

// Fields that speak of the write's own response, or of a representation that isn't named.
constexpr std::array<std::string_view, 5> kOfTheWrite = {"ETag", "Last-Modified", "Location", "Content-Location",
                                                         "Set-Cookie"};

std::vector<Header> fields_for_a_read(HeaderSpan headers) {
  std::vector<Header> kept;
  for (const Header& header : headers) {
    const bool dropped = std::any_of(kOfTheWrite.begin(), kOfTheWrite.end(),
                                     [&](std::string_view name) { return base::iequals(header.name, name); });
    if (!dropped) kept.push_back(header);
  }
  return kept;
}

bool would_be_stored(const Read& read, int status, HeaderSpan headers, std::string_view targeted_field,
                     TimePoint wall_time) {
  if (parse_request_directives(read.request_headers).no_store) return false;
  const ResponseMeta meta = read_response_meta(headers, wall_time, targeted_field);
  const Lifetime lifetime = freshness_lifetime(status, meta, read.rule, wall_time);
  return is_storable("GET", status, headers, meta, lifetime, read.rule, read.authorized) == Storable::yes;
}

}  // namespace

bool refuses_write(int status) {
  constexpr std::array kRefusals = {401, 403, 404, 405, 409, 410, 412, 415, 422, 429};
  return std::find(kRefusals.begin(), kRefusals.end(), status) != kRefusals.end();
}

WriteGuard::WriteGuard(Cache* cache, std::span<const Tag> tags, std::string_view by)
    : cache_(cache), key_purges_(cache->key_purges_.load()), by_(by) {
  write_ = cache->generations_.begin(tags);  // last, since nothing may throw behind it
}

WriteGuard::WriteGuard(WriteGuard&& other) noexcept
    : cache_(std::exchange(other.cache_, nullptr)),
      write_(std::move(other.write_)),
      key_purges_(other.key_purges_),
      by_(std::move(other.by_)) {}

WriteGuard& WriteGuard::operator=(WriteGuard&& other) noexcept {
  if (this != &other) {
    abandon();
    cache_ = std::exchange(other.cache_, nullptr);
    write_ = std::move(other.write_);
    key_purges_ = other.key_purges_;
    by_ = std::move(other.by_);
  }
  return *this;
}

WriteGuard::~WriteGuard() {
  abandon();
}

void WriteGuard::abandon() {
  if (cache_ != nullptr) finish_unknown(cache_->clock() + cache_->unknown_write_time_.load());
}

// Without an allocation: what fails here would leave a write that has ended to end again.
void WriteGuard::note(Cache& cache, Mover mover) const {
  const TimePoint now = cache.clock();
  Generations::for_each_slot(write_, [&](std::uint32_t slot) { cache.movements_.note(slot, mover, now, by_); });
}

void WriteGuard::add(std::span<const Tag> tags) {
  if (cache_ != nullptr) cache_->generations_.extend(write_, tags);
}

void WriteGuard::finish() {
  if (cache_ == nullptr) return;
  Cache& cache = *std::exchange(cache_, nullptr);
  cache.generations_.end(write_);
  cache.counters_.writes.add();
  note(cache, Mover::write);
}

void WriteGuard::finish_refused() {
  if (cache_ == nullptr) return;
  cache_->generations_.end_refused(write_);
  cache_->counters_.refused_writes.add();
  cache_ = nullptr;
}

void WriteGuard::finish_unknown(TimePoint until) {
  if (cache_ == nullptr) return;
  Cache& cache = *std::exchange(cache_, nullptr);
  cache.generations_.end_unknown(write_, until);
  cache.counters_.unknown_writes.add();
  note(cache, Mover::lost_write);
}

// The entry is tied to the generations that the end of this very write gave its tags: whatever another write or a purge
// does from then on outdates it, be it before it is stored. A purge of keys moves no generation, so it is looked for by
// its own count, once more after the entry is in place: either it finds the entry, or this finds it.
PrimeResult WriteGuard::finish_and_prime(const Read& read, Response&& response, TimePoint sent, TimePoint now) {
  if (cache_ == nullptr) return PrimeResult::refused;
  Cache& cache = *cache_;
  cache.generations_.extend(write_, read.tags);
  const bool alone = cache.generations_.end(write_);
  cache_ = nullptr;
  cache.counters_.writes.add();
  note(cache, Mover::write);
  const auto purged_meanwhile = [&] { return cache.key_purges_.load() != key_purges_; };
  if (!alone || purged_meanwhile()) return PrimeResult::not_alone;

  const std::vector<Header> headers = fields_for_a_read(response.headers);
  const std::string& targeted = cache.options_.targeted_field;
  const Duration wall_ahead = cache.wall_ahead_;
  if (!would_be_stored(read, response.status, headers, targeted, now + wall_ahead)) return PrimeResult::refused;
  Snapshot snapshot = cache.generations_.snapshot_after(write_, read.tags, sent);
  cache.generations_.tie(snapshot, response.tags, write_);
  if (!cache.is_current(snapshot)) return PrimeResult::not_alone;
  std::string tags = join_tags(read.tags);
  if (!response.tags.empty()) tags.append(" ").append(join_tags(response.tags));
  const EntryContext context{.key = read.key,
                             .request_headers = read.request_headers,
                             .rule = read.rule,
                             .snapshot = snapshot,
                             .tags = tags,
                             .request_time = sent,
                             .response_time = now,
                             .targeted_field = targeted,
                             .wall_ahead = wall_ahead};
  const EntryPtr entry = make_entry(context, response.status, headers, response.body);
  if (!cache.store_.insert(entry)) return PrimeResult::refused;
  if (purged_meanwhile()) {
    cache.store_.erase(entry);
    return PrimeResult::not_alone;
  }
  cache.counters_.primed.add();
  return PrimeResult::stored;
}

}  // namespace pgw::cache
