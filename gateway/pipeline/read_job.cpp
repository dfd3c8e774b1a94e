#include <utility>

#include "base/text.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/upstream_job.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {

ReadJob::ReadJob(Worker& worker, Errand errand, cache::Fetch fetch, cache::EntryPtr revalidated)
    : UpstreamJob(worker, std::move(errand)), fetch_(std::move(fetch)), revalidated_(std::move(revalidated)) {
  outgoing().repeatable = fetch_.stale_if_error(wall_clock_now()) == nullptr;
}

void ReadJob::was_sent() {
  if (!fetch_ || context() == nullptr || !context()->has_stand_in) return;
  worker().loop().call_after(runtime().settings.cache.stale_after, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) static_cast<ReadJob&>(*self).answer_early();
  });
}

/// The upstream is slow: what may stand in for an error is the client's answer, and the fetch goes on for the next one.
void ReadJob::answer_early() {
  if (!fetch_ || context() == nullptr || is_streaming()) return;
  const auto stale = fetch_.stale_if_error(wall_clock_now());
  if (stale == nullptr) return;
  answer_from(stale, cache::StoreResult::stale_on_error);
  let_client_go();
}

/// Followers and the cache may want the response, whether or not the client is still there.
bool ReadJob::is_wanted() const {
  return fetch_ || UpstreamJob::is_wanted();
}

bool ReadJob::is_unmodified() const {
  return status() == 304 && fetch_ && revalidated_ != nullptr;
}

/// A stream of events ends when its client has had enough of it.
bool ReadJob::is_endless() const {
  const std::string* const type = fields().find("content-type");
  if (type == nullptr) return false;
  return base::iequals(base::trim(std::string_view(*type).substr(0, type->find(';'))), "text/event-stream");
}

void ReadJob::note_why_not_stored() {
  if (context() != nullptr) context()->outcome.why_not_stored = fetch_.why_not_stored();
}

Progress ReadJob::claim() {
  // What must be checked first may prove no answer at all: until then it ends nothing that is stored.
  const bool is_believed = runtime().settings.validation.responses != config::Check::enforce || !must_fit_contract();
  if (fetch_ && is_believed && !is_unmodified()) {
    fetch_.uncacheable_head(status(), field_views(), wall_clock_now());
    note_why_not_stored();
  }
  return UpstreamJob::claim();
}

std::size_t ReadJob::keeps_at_most() const {
  return fetch_ && !is_endless() ? worker().process().cache.max_body_bytes() : 0;
}

/// Nobody needs the body of an error if what is stored may stand in for it.
bool ReadJob::may_stream() {
  const auto now = wall_clock_now();
  if (const auto stale = fetch_.stand_in(status(), now)) {
    note_upstream(status());
    answer_from(stale, cache::StoreResult::stale_on_error);
    cancel();
    return false;
  }
  if (fetch_) {
    fetch_.too_large(status(), now);
    note_why_not_stored();
  }
  return true;
}

Progress ReadJob::store() {
  if (is_streaming() || !fetch_) return Progress::next;
  if (is_unmodified()) return store_unmodified();
  cache::StoreResult result{};
  const auto headers = field_views();
  cache::Response response{status(), headers, std::move(body()), origin_tags()};
  const auto entry = fetch_.complete(std::move(response), wall_clock_now(), result);
  note_why_not_stored();
  if (entry == nullptr) {
    // Not moved from: Fetch::complete takes the body only when it returns an entry.
    body() = std::move(response.body);  // NOLINT(bugprone-use-after-move)
    return Progress::next;
  }
  answer_from(entry, result);
  return Progress::answered;
}

Progress ReadJob::store_unmodified() {
  cache::StoreResult result{};
  const auto entry = fetch_.not_modified(field_views(), wall_clock_now(), result, named_origin_tags());
  if (entry != nullptr) {
    answer_from(entry, result);
    return Progress::answered;
  }
  // The 304 spoke of another representation than ours (RFC 9111 section 4.3.3): ask again, unconditionally.
  std::erase_if(outgoing().fields, [](const http::Field& field) {
    return base::iequals(field.name, "if-none-match") || base::iequals(field.name, "if-modified-since");
  });
  revalidated_ = nullptr;
  forget_head();
  send();
  return Progress::waiting;
}

cache::EntryPtr ReadJob::settle_failure(upstream::Failure failure) {
  return fetch_ ? fetch_.failed(wall_clock_now(), static_cast<int>(failure)) : nullptr;
}

}  // namespace pgw::pipeline
