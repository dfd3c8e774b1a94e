#include "gateway/pipeline/upstream_job.h"

#include <algorithm>
#include <utility>

#include "gateway/log/log.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/report.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/response_fields.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

/// A response of which so much is left is heard to its end though nobody wants it: a new connection costs more.
constexpr std::uint64_t worth_hearing = std::uint64_t{64} * 1024;

/// What another gateway says of its upstream. A 503 that comes is an answer: whoever sheds load is well enough to say
/// so.
bool is_unhealthy(int status) {
  return status == 502 || status == 504;
}

std::string_view content_type(const http::Fields& fields) {
  const std::string* const field = fields.find("content-type");
  return field == nullptr ? std::string_view{} : std::string_view(*field);
}

Facade facade_of(const Runtime& runtime) {
  return {runtime.settings.upstream.url, runtime.contract->base_path(), runtime.target->credential != nullptr};
}

}  // namespace

UpstreamJob::UpstreamJob(Worker& worker, Errand errand)
    : worker_(worker), errand_(std::move(errand)), delivery_(worker.collecting()) {}

void UpstreamJob::start() {
  if (const auto refused = refusal()) {
    fail(*refused, {});
    return;
  }
  begin();
  send();
}

/// Why nothing is asked now; nothing when the upstream may be asked.
std::optional<upstream::Failure> UpstreamJob::refusal() {
  if (!worker_.client().has_room(errand_.outgoing.queue)) return upstream::Failure::connection_limit_reached;
  permit_ = worker_.process().breaker.allows(operation().index(), Clock::now());
  return permit_ ? std::nullopt : std::optional(upstream::Failure::destination_unavailable);
}

void UpstreamJob::send() {
  sent_at_ = Clock::now();
  auto request = may_ask_again() ? errand_.outgoing : std::move(errand_.outgoing);
  const bool is_upload = request.streamed;
  call_ = worker_.client().start(std::move(request), shared_from_this());
  if (is_upload) begin_upload();
  follow_client();
  was_sent();
}

void UpstreamJob::follow_client() {
  if (context() == nullptr) return;
  context()->exchange->on_disconnect([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->client_left();
  });
}

bool UpstreamJob::is_wanted() const {
  return context() != nullptr && !context()->exchange->client_gone();
}

// A request that was sent stays with its connection until the head of its answer is there (`claim`), wanted or not: the
// upstream works on it all the same. A client that gives up again and again would have it work on any number of them.
void UpstreamJob::client_left() {
  if (call_ == 0) return;
  if (is_uploading_) return give_up_body();
  if (take_back() || !has_head()) return;
  if (is_wanted()) {
    worker_.client().resume(call_);  // what was held up for the client is read on, and dropped
  } else {
    abandon();
  }
}

/// Whether the request still waited for its turn.
bool UpstreamJob::take_back() {
  if (!worker_.client().withdraw(call_)) return false;
  is_uploading_ = false;
  call_ = 0;
  worker_.process().breaker.cancelled(permit_);
  withdrawn();
  return true;
}

/// Nobody wants the response, whose head is there.
void UpstreamJob::abandon() {
  const auto length = has_content() ? content_length() : std::optional<std::uint64_t>(0);
  if (length && *length <= worth_hearing) {
    delivery_.stream_to(nullptr, length);
    worker_.client().resume(call_);
    return;
  }
  note_upstream(status_);
  cancel();
}

void UpstreamJob::cancel() {
  is_uploading_ = false;
  worker_.client().cancel(std::exchange(call_, 0));
}

void UpstreamJob::run(ResponseMoment moment) {
  for (const ResponsePhase& phase : response_phases()) {
    if (phase.moment == moment && (this->*phase.run)() != Progress::next) return;
  }
}

void UpstreamJob::on_interim(int status, const http::Fields& fields) {
  if (context() == nullptr) return;
  http::Fields own = fields;
  take_origin_tags(own, runtime().settings.cache.tag_field);
  take_over(own, facade_of(runtime()));
  context()->exchange->interim({status, relayed_fields(own)});
}

void UpstreamJob::on_head(int status, http::Fields fields) {
  status_ = status;
  fields_ = std::move(fields);
  run(ResponseMoment::head);
}

bool UpstreamJob::on_body(std::string_view piece) {
  if (!is_streaming()) {
    if (delivery_.collect(piece) || !may_stream()) return true;
    begin_streaming();
  }
  return !is_streaming() || delivery_.pass(piece);
}

void UpstreamJob::on_end() {
  is_uploading_ = false;
  call_ = 0;
  note_upstream(status_);
  run(ResponseMoment::end);
}

void UpstreamJob::on_failure(upstream::Failure failure, std::string_view detail) {
  blame(failure);
  call_ = 0;
  if (!is_streaming()) {
    fail(failure, detail);
    return;
  }
  settle_failure(failure);
  note_failure(failure, detail);
  if (context() == nullptr) return;
  context()->outcome.failure = failure;
  context()->outcome.broke_off = true;
  context()->exchange->abort();
}

Progress UpstreamJob::judge() {
  auto& process = worker_.process();
  if (is_unhealthy(status_)) {
    process.breaker.failed(permit_, Clock::now());
  } else {
    process.breaker.succeeded(permit_);
    note_answer(process.outages);
  }
  if (!is_refusal_of_credential()) return Progress::next;
  note_upstream(status_);
  fail(upstream::Failure::credential_refused, {});
  cancel();
  return Progress::answered;
}

bool UpstreamJob::is_refusal_of_credential() const {
  if (runtime().target->credential == nullptr || errand_.has_client_credential) return false;
  return worker_.process().credential.is_refusal(status_, operation().index(), Clock::now());
}

Progress UpstreamJob::take_over_fields() {
  origin_tags_ = take_origin_tags(fields_, runtime().settings.cache.tag_field);
  take_over(fields_, facade_of(runtime()));
  if (varies_by_client(fields_, !runtime().settings.trusted_proxies.empty())) fields_.add("Vary", "*");
  return Progress::next;
}

Progress UpstreamJob::claim() {
  if (is_wanted()) return Progress::next;
  // Its client has left meanwhile, and the cache has a use for it no more, now that the head is there.
  abandon();
  return Progress::answered;
}

Progress UpstreamJob::deliver() {
  if (!has_content()) return Progress::next;
  const std::size_t limit = std::max(keeps_at_most(), must_fit_contract() ? checked_at_most : std::size_t{0});
  const auto length = content_length();
  if (limit > 0 && length.value_or(0) <= limit) {
    // What must be checked before anyone sees it is collected in any case.
    const bool is_budgeted = runtime().settings.validation.responses != config::Check::enforce || !must_fit_contract();
    delivery_.collect_at_most(limit, is_budgeted, length);
    return Progress::next;
  }
  if (!may_stream()) return Progress::answered;
  begin_streaming();
  return Progress::next;
}

Progress UpstreamJob::check() {
  if (is_streaming() || !must_fit_contract()) return Progress::next;
  if (matches_contract() || runtime().settings.validation.responses != config::Check::enforce) return Progress::next;
  const auto stale = settle_failure(upstream::Failure::protocol_error);
  if (stale != nullptr) {
    answer_from(stale, cache::StoreResult::stale_on_error);
  } else if (context() != nullptr) {
    respond_locally(*context(), Rejection::response_invalid,
                    error_response(502, "Bad Gateway: the upstream's response does not match the API description"));
  }
  return Progress::answered;
}

bool UpstreamJob::has_content() const {
  return http::has_content(operation().method() == "HEAD", status_);
}

bool UpstreamJob::must_fit_contract() const {
  return runtime().settings.validation.responses != config::Check::off && has_content() &&
         runtime().contract->has_response_schema(operation(), status_, content_type(fields_));
}

bool UpstreamJob::matches_contract() {
  // In a coding that we don't know: it can't be told.
  if (fields_.contains("content-encoding")) return false;
  const std::string_view type = content_type(fields_);
  KnownResponses* const known = worker_.known_responses(runtime());
  const auto fingerprint = KnownResponses::fingerprint(operation(), status_, type, body());
  if (known != nullptr && known->contains(fingerprint)) return true;

  const auto violations = runtime().contract->validate_response(operation(), status_, type, body());
  if (violations.empty()) {
    if (known != nullptr) known->add(fingerprint);
    return true;
  }
  report_response(worker_.process().metrics, operation(), status_, violations);
  return false;
}

void UpstreamJob::fail(upstream::Failure failure, std::string_view detail) {
  const auto stale = settle_failure(failure);
  note_failure(failure, detail);
  if (context() == nullptr) return;
  if (stale != nullptr) {
    context()->outcome.failure = failure;
    answer_from(stale, cache::StoreResult::stale_on_error);
  } else {
    respond_with_failure(*context(), failure);
  }
}

void UpstreamJob::answer_from(const cache::EntryPtr& entry, cache::StoreResult result) {
  if (context() == nullptr) return;
  auto& outcome = context()->outcome;
  outcome.stored = result == cache::StoreResult::stored || result == cache::StoreResult::updated;
  outcome.stale_on_error = result == cache::StoreResult::stale_on_error;
  if (result == cache::StoreResult::updated) outcome.cache = CacheOutcome::revalidated;
  if (outcome.stale_on_error) {
    outcome.cache = CacheOutcome::stale;
  } else {
    for (const auto& [name, value] : cache::unstored_fields(status_, field_views(), *entry)) {
      cache::append_line(context()->fields_for_this_caller, name, value);
    }
  }
  respond_from_entry(*context(), entry, wall_clock_now());
}

std::vector<cache::Header> UpstreamJob::field_views() const {
  std::vector<cache::Header> views;
  views.reserve(fields_.size());
  for (const auto& field : fields_) views.push_back({field.name, field.value});
  return views;
}

void UpstreamJob::forget_head() {
  fields_.clear();
  origin_tags_.reset();
  coding_ = {};
  status_ = 0;
}

void UpstreamJob::note_upstream(int status) {
  const auto took = Clock::now() - sent_at_;
  note_upstream_exchange(worker_.process().metrics, operation(), status, took);
  if (context() == nullptr) return;
  context()->outcome.upstream_time = std::chrono::duration_cast<std::chrono::microseconds>(took);
  if (status != 0) context()->outcome.upstream_status = status;
}

void UpstreamJob::note_failure(upstream::Failure failure, std::string_view detail) {
  note_failed_request(worker_.process().outages,
                      {.operation = operation().id(),
                       .error = upstream::proxy_error_type(failure),
                       .detail = detail,
                       .request_id = context() == nullptr ? std::string_view() : context()->request_id});
}

// An upstream that had to wait for a slow client may well lose patience, and what found no connection, or failed by our
// own fault, says nothing of it.
void UpstreamJob::blame(upstream::Failure failure) {
  auto& breaker = worker_.process().breaker;
  if (failure == upstream::Failure::connection_limit_reached) {
    breaker.cancelled(permit_);
  } else if (failure == upstream::Failure::internal_error) {
    note_upstream(0);
    breaker.cancelled(permit_);
  } else if (delivery_.was_held_up()) {
    note_upstream(status_);
  } else {
    note_upstream(0);
    if (upstream::may_have_taken_effect(failure)) {
      breaker.failed(permit_, Clock::now());
    } else {
      breaker.unreachable(permit_, Clock::now());
    }
  }
}

}  // namespace pgw::pipeline
