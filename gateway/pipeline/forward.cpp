#include "gateway/pipeline/forward.h"

#include <charconv>
#include <utility>

#include "base/text.h"
#include "gateway/log/log.h"
#include "gateway/pipeline/prime.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/report.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

/// What is collected of a response that is only checked, not stored.
constexpr std::size_t checked_at_most = std::size_t{1024} * 1024;

std::vector<cache::Header> views_of(const http::Fields& fields) {
  std::vector<cache::Header> views;
  views.reserve(fields.size());
  for (const auto& field : fields) {
    // Whose request it was is nobody else's business, so it isn't stored.
    if (!base::iequals(field.name, "x-request-id")) views.push_back({field.name, field.value});
  }
  return views;
}

std::optional<std::uint64_t> content_length(const http::Fields& fields) {
  const std::string* text = fields.find("content-length");
  if (text == nullptr) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// What another gateway says of its upstream. A 503 that comes is an answer: who sheds load is well enough to say so.
bool is_unhealthy(int status) {
  return status == 502 || status == 504;
}

/// Why nothing is asked now; nothing when the upstream may be asked.
std::optional<upstream::Failure> refusal_of(Worker& worker, const ForwardJob& job, upstream::Breaker::Permit& permit) {
  if (!worker.client().has_room(job.outgoing.queue)) return upstream::Failure::connection_limit_reached;
  permit = worker.process().breaker.allows(job.operation->index(), Clock::now());
  return permit ? std::nullopt : std::optional(upstream::Failure::destination_unavailable);
}

}  // namespace

void Forward::start(Worker& worker, ForwardJob job) {
  const auto forward = std::make_shared<Forward>(worker, std::move(job));
  if (const auto refusal = refusal_of(worker, forward->job_, forward->permit_)) {
    forward->answer_failure(*refusal, {});
    return;
  }
  forward->begin_write();
  forward->send();
}

Forward::Forward(Worker& worker, ForwardJob job) : worker_(worker), job_(std::move(job)) {}

Forward::~Forward() {
  give_back_budget();
}

void Forward::give_back_budget() {
  worker_.collecting().give_back(std::exchange(collected_, 0));
}

// Not before it is certain that the write is sent: one that is refused here has changed nothing.
void Forward::begin_write() {
  if (job_.changed.empty()) return;
  guard_ = worker_.process().cache.begin_write(job_.changed);
  sent_at_wall_clock_ = wall_clock_now();
}

void Forward::send() {
  sent_at_ = Clock::now();
  // It is needed again only if a 304 turns out to speak of something else.
  auto outgoing = job_.revalidated != nullptr ? job_.outgoing : std::move(job_.outgoing);
  call_ = worker_.client().start(std::move(outgoing), shared_from_this());
  follow_client();
  bound_patience();
}

void Forward::bound_patience() {
  if (!job_.fetch || job_.context == nullptr || !job_.context->has_stand_in) return;
  worker_.loop().call_after(job_.runtime->settings.cache.stale_after, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->answer_early();
  });
}

/// The upstream is slow: what may stand in for an error is the client's answer, and the fetch goes on for the next one.
void Forward::answer_early() {
  const bool is_under_way = status_ != 0 && delivery_ == Delivery::streaming;
  if (!job_.fetch || job_.context == nullptr || is_under_way) return;
  const auto stale = job_.fetch.stale_if_error(wall_clock_now());
  if (stale == nullptr) return;
  answer_from(stale, cache::StoreResult::stale_on_error);
  job_.context = nullptr;
}

/// A HEAD that is fetched as GET: all that is wanted of a response which won't be stored is there.
void Forward::answer_head() {
  note_upstream(status_);
  respond_relayed(*job_.context, status_, fields_, content_length(fields_));
  job_.context = nullptr;
  worker_.client().cancel(call_);
}

void Forward::follow_client() {
  if (job_.context == nullptr) return;
  job_.context->exchange->on_disconnect([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->client_left();
  });
}

/// By its client, or by others: a fetch has followers and the cache to think of, a write must be heard to its end.
bool Forward::is_wanted() const {
  return job_.fetch || guard_ || (job_.context != nullptr && !job_.context->exchange->client_gone());
}

void Forward::client_left() {
  if (is_wanted()) {
    worker_.client().resume(call_);  // what was held up for the client is read on, and dropped
    return;
  }
  if (status_ == 0) worker_.process().breaker.cancelled(permit_);
  worker_.client().cancel(call_);
}

void Forward::note_upstream(int status) {
  const auto took = Clock::now() - sent_at_;
  note_upstream_exchange(worker_.process().metrics, *job_.operation, status, took);
  if (job_.context == nullptr) return;
  job_.context->outcome.upstream_time = std::chrono::duration_cast<std::chrono::microseconds>(took);
  if (status != 0) job_.context->outcome.upstream_status = status;
}

void Forward::judge_health(int status) {
  auto& breaker = worker_.process().breaker;
  if (is_unhealthy(status)) {
    breaker.failed(permit_, Clock::now());
  } else {
    breaker.succeeded(permit_);
  }
}

void Forward::settle_write(const http::Fields& fields) {
  if (!guard_) return;
  if (status_ >= 200 && status_ < 400) {
    for (const char* name : {"location", "content-location"}) {
      if (const std::string* reference = fields.find(name)) {
        const auto tags = tags_of_reference(*job_.runtime, job_.context->route, *reference);
        guard_.add(tags);
        job_.changed.insert(job_.changed.end(), tags.begin(), tags.end());
      }
    }
  }
}

void Forward::on_interim(int status, const http::Fields& fields) {
  if (job_.context != nullptr) job_.context->exchange->interim({status, relayed_fields(fields)});
}

/// A write that was sent again may have taken effect the first time: a repeated DELETE gets 404.
bool Forward::is_refused_write() const {
  return !is_repeated_ && cache::refuses_write(status_);
}

void Forward::end_write() {
  const bool is_whole = delivery_ == Delivery::whole && job_.context != nullptr;
  const auto headers = views_of(fields_);
  if (is_whole && may_prime(*job_.context, status_, headers)) {
    finish_and_prime(*job_.context, guard_, {status_, headers, body_}, sent_at_wall_clock_);
  } else if (is_refused_write()) {
    guard_.finish_refused();
  } else {
    guard_.finish();
  }
}

void Forward::on_head(int status, http::Fields fields) {
  status_ = status;
  fields_ = std::move(fields);
  judge_health(status);
  settle_write(fields_);
  // What must be checked first may prove no answer at all: until then it ends nothing that is stored.
  const bool is_believed = job_.runtime->settings.validation.responses != config::Check::enforce;
  if (job_.fetch && is_believed && !is_unmodified()) {
    job_.fetch.uncacheable_head(status_, views_of(fields_), wall_clock_now());
  }
  if (!is_wanted()) {
    // The cache had a use for it until the head said that it is not to be kept, and its client has left meanwhile.
    note_upstream(status_);
    worker_.client().cancel(call_);
    return;
  }
  delivery_ = choose_delivery();
  if (delivery_ == Delivery::streaming && !stale_stands_in()) begin_streaming();
}

bool Forward::is_unmodified() const {
  return status_ == 304 && job_.fetch && job_.revalidated != nullptr;
}

Forward::Delivery Forward::choose_delivery() {
  const bool is_checked = job_.runtime->settings.validation.responses != config::Check::off;
  collect_at_most_ = job_.fetch ? worker_.process().cache.max_body_bytes() : is_checked || guard_ ? checked_at_most : 0;
  const auto length = content_length(fields_);
  if (length && *length <= collect_at_most_) body_.reserve(*length);
  if (length) return *length <= collect_at_most_ ? Delivery::whole : Delivery::streaming;
  return collect_at_most_ > 0 ? Delivery::whole : Delivery::streaming;
}

/// For an error that is not collected: nobody needs it if what is stored may stand in for it.
bool Forward::stale_stands_in() {
  const auto stale = job_.fetch.stand_in(status_, wall_clock_now());
  if (stale == nullptr) return false;
  note_upstream(status_);
  answer_from(stale, cache::StoreResult::stale_on_error);
  worker_.client().cancel(call_);
  return true;
}

void Forward::begin_streaming() {
  delivery_ = Delivery::streaming;
  worker_.client().stream(call_);
  if (job_.fetch) job_.fetch.too_large(status_, wall_clock_now());
  // The write's answer is about to reach its caller. It is held until the end as well, so that nothing that was fetched
  // while the body came stays.
  if (guard_) {
    if (is_refused_write()) {
      guard_.finish_refused();
    } else {
      auto rest = worker_.process().cache.begin_write(job_.changed);
      guard_.finish();
      guard_ = std::move(rest);
    }
  }
  if (job_.context == nullptr) return;
  auto& context = *job_.context;
  if (context.request().is_head() && !guard_) {
    answer_head();
    return;
  }
  context.exchange->on_drained([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->give_back_budget();
    self->worker_.client().resume(self->call_);
  });
  context.exchange->begin(response_head(context, status_, relayed_fields(fields_)), content_length(fields_));
}

bool Forward::collect(std::string_view piece) {
  if (body_.size() + piece.size() > collect_at_most_) return false;
  // What must be checked before anyone sees it is collected in any case.
  if (job_.runtime->settings.validation.responses != config::Check::enforce) {
    if (!worker_.collecting().take(collected_, piece.size())) return false;
    collected_ += piece.size();
  }
  body_ += piece;
  return true;
}

bool Forward::on_body(std::string_view piece) {
  if (delivery_ == Delivery::whole) {
    if (collect(piece) || stale_stands_in()) return true;
    begin_streaming();
    const bool is_taken = job_.context == nullptr || job_.context->exchange->write(body_);
    std::string().swap(body_);         // an assignment would keep the storage
    if (is_taken) give_back_budget();  // else when the client has taken it: until then the exchange holds it
  }
  if (job_.context == nullptr || job_.context->exchange->write(piece)) return true;
  if (job_.context->exchange->client_gone()) return true;
  was_held_up_ = true;
  return false;
}

void Forward::on_end() {
  note_upstream(status_);
  if (guard_) end_write();
  if (delivery_ == Delivery::streaming) {
    if (job_.context != nullptr) job_.context->exchange->end();
  } else if (is_unmodified()) {
    settle_unmodified();
  } else if (job_.fetch) {
    settle_read();
  } else {
    settle_pass();
  }
}

void Forward::on_failure(upstream::Failure failure, std::string_view detail) {
  blame(failure);
  if (delivery_ == Delivery::streaming) {
    if (guard_) guard_.finish();
    if (job_.context != nullptr) job_.context->exchange->abort();
    return;
  }
  answer_failure(failure, detail);
}

// An upstream that had to wait for a slow client may well lose patience, and what found no connection, or failed by our
// own fault, says nothing of it.
void Forward::blame(upstream::Failure failure) {
  auto& breaker = worker_.process().breaker;
  if (failure == upstream::Failure::connection_limit_reached) {
    breaker.cancelled(permit_);
  } else if (failure == upstream::Failure::internal_error) {
    note_upstream(0);
    breaker.cancelled(permit_);
  } else if (was_held_up_) {
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

void Forward::settle_unmodified() {
  cache::StoreResult result{};
  const auto entry = job_.fetch.not_modified(views_of(fields_), wall_clock_now(), result);
  if (entry != nullptr) {
    answer_from(entry, result);
    return;
  }
  // The 304 spoke of another representation than ours (RFC 9111 section 4.3.3): ask again, unconditionally.
  std::erase_if(job_.outgoing.fields, [](const http::Field& field) {
    return base::iequals(field.name, "if-none-match") || base::iequals(field.name, "if-modified-since");
  });
  job_.revalidated = nullptr;
  fields_.clear();
  status_ = 0;
  send();
}

void Forward::settle_read() {
  if (!response_is_acceptable()) return;
  cache::StoreResult result{};
  const auto headers = views_of(fields_);
  cache::Response response{status_, headers, std::move(body_)};
  const auto entry = job_.fetch.complete(std::move(response), wall_clock_now(), result);
  if (entry == nullptr) {
    // Not moved from: Fetch::complete takes the body only when it returns an entry.
    body_ = std::move(response.body);  // NOLINT(bugprone-use-after-move)
    answer_relayed();
    return;
  }
  answer_from(entry, result);
}

void Forward::settle_pass() {
  if (response_is_acceptable()) answer_relayed();
}

bool Forward::has_content() const {
  return http::has_content(job_.operation->method() == "HEAD", status_);
}

bool Forward::response_is_acceptable() {
  const auto mode = job_.runtime->settings.validation.responses;
  if (mode == config::Check::off || !has_content()) return true;
  if (matches_contract() || mode != config::Check::enforce) return true;

  constexpr auto as_failure = static_cast<int>(upstream::Failure::protocol_error);
  const auto stale = job_.fetch ? job_.fetch.failed(wall_clock_now(), as_failure) : nullptr;
  if (stale != nullptr) {
    answer_from(stale, cache::StoreResult::stale_on_error);
  } else if (job_.context != nullptr) {
    respond_locally(*job_.context, Rejection::response_invalid,
                    error_response(502, "Bad Gateway: the upstream's response does not match the API description"));
  }
  return false;
}

bool Forward::matches_contract() {
  // In a coding that we don't know: it can't be told.
  if (fields_.contains("content-encoding")) return false;
  const std::string* field = fields_.find("content-type");
  const std::string_view type = field == nullptr ? std::string_view{} : *field;
  KnownResponses* const known = worker_.known_responses(*job_.runtime);
  const auto fingerprint = KnownResponses::fingerprint(*job_.operation, status_, type, body_);
  if (known != nullptr && known->contains(fingerprint)) return true;

  const auto violations = job_.runtime->contract->validate_response(*job_.operation, status_, type, body_);
  if (violations.empty()) {
    if (known != nullptr) known->add(fingerprint);
    return true;
  }
  report_response(worker_.process().metrics, *job_.operation, status_, violations);
  return false;
}

void Forward::answer_from(const cache::EntryPtr& entry, cache::StoreResult result) {
  if (job_.context == nullptr) return;
  auto& outcome = job_.context->outcome;
  outcome.stored = result == cache::StoreResult::stored || result == cache::StoreResult::updated;
  outcome.stale_on_error = result == cache::StoreResult::stale_on_error;
  if (result == cache::StoreResult::updated) outcome.cache = CacheOutcome::revalidated;
  if (outcome.stale_on_error) {
    outcome.cache = CacheOutcome::stale;
  } else {
    for (const auto& [name, value] : cache::unstored_fields(status_, views_of(fields_), *entry)) {
      cache::append_line(job_.context->fields_for_this_caller, name, value);
    }
  }
  respond_from_entry(*job_.context, entry, wall_clock_now());
}

void Forward::answer_relayed() {
  if (job_.context == nullptr) return;
  if (has_content()) {
    respond_relayed(*job_.context, status_, fields_, std::move(body_));
  } else {
    respond_relayed(*job_.context, status_, fields_, content_length(fields_));
  }
}

void Forward::answer_failure(upstream::Failure failure, std::string_view detail) {
  if (guard_) {
    if (upstream::may_have_taken_effect(failure)) {
      guard_.finish_unknown(wall_clock_now() + job_.runtime->settings.upstream.timeout);
    } else {
      guard_.finish();
    }
  }
  const auto stale = job_.fetch ? job_.fetch.failed(wall_clock_now(), static_cast<int>(failure)) : nullptr;
  log::event(log::Level::warning, "upstream failed",
             {{"operation", job_.operation->id()},
              {"error", std::string(upstream::proxy_error_type(failure))},
              {"reason", std::string(detail)},
              {"request_id", job_.context == nullptr ? std::string() : std::string(job_.context->request_id)}});
  if (job_.context == nullptr) return;
  if (stale != nullptr) {
    job_.context->outcome.failure = failure;
    answer_from(stale, cache::StoreResult::stale_on_error);
  } else {
    respond_with_failure(*job_.context, failure);
  }
}

}  // namespace pgw::pipeline
