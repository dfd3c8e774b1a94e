#include "gateway/pipeline/upload.h"

#include <utility>

#include "gateway/http/body_framing.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/upstream_job.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

/// Up to here a body is collected: it can be sent along with the head, with its length, and again.
constexpr std::uint64_t collected_at_most = std::uint64_t{64} * 1024;

std::string_view content_type_of(const http::Request& request) {
  const std::string* const type = request.fields.find("content-type");
  return type == nullptr ? std::string_view() : std::string_view(*type);
}

}  // namespace

std::optional<std::uint64_t> announced_length(const http::Request& request) {
  const auto announced = http::announced_body(request.fields);
  return announced.kind == http::AnnouncedBody::Kind::length ? std::optional(announced.length) : std::nullopt;
}

bool goes_up_as_it_comes(const RequestContext& context) {
  if (!context.operation().declares_body()) return false;
  const auto announced = http::announced_body(context.request().fields);
  const bool is_large = announced.kind == http::AnnouncedBody::Kind::length && announced.length > collected_at_most &&
                        announced.length <= context.policy().max_body;
  const bool may_be_large = announced.kind == http::AnnouncedBody::Kind::chunked;
  return (is_large || may_be_large) && !context.operation().checks_body(content_type_of(context.request()));
}

Upload::Upload(const RequestContext& context, std::shared_ptr<UpstreamJob> job)
    : override_(content_type_of(context.request()), context.operation()), job_(std::move(job)) {}

bool Upload::on_body(std::string_view piece) {
  if (!override_.is_in(piece)) return job_->send_body(piece);
  job_->refuse_body(Rejection::invalid, override_in_form());
  return true;
}

void Upload::on_body_end() {
  job_->end_body();
}

void UpstreamJob::begin_upload() {
  is_uploading_ = true;
  context()->job_of_upload = weak_from_this();
  context()->exchange->take_body(std::make_shared<Upload>(*context(), shared_from_this()));
}

bool UpstreamJob::send_body(std::string_view piece) {
  return worker_.client().write_body(call_, piece);
}

void UpstreamJob::on_writable() {
  if (context() != nullptr) context()->exchange->resume_body();
}

// The upstream's time is counted from here on: until now it was the client's.
void UpstreamJob::end_body() {
  is_uploading_ = false;
  if (!has_head()) sent_at_ = Clock::now();
  worker_.client().end_body(call_);
}

void UpstreamJob::refuse_body(Rejection rejection, LocalResponse response) {
  give_up_body();
  if (context()->exchange->answered()) {
    context()->exchange->abort();
  } else {
    respond_locally(*context(), rejection, std::move(response));
  }
}

// The connection ends with the request, so that the upstream can't take what it has for the whole body. What it makes
// of that, nobody knows.
void UpstreamJob::give_up_body() {
  if (!is_uploading_ || call_ == 0 || take_back()) return;
  if (!has_head()) worker_.process().breaker.cancelled(permit_);
  settle_failure(upstream::Failure::connection_terminated);
  if (has_head()) note_upstream(status_);
  cancel();
}

}  // namespace pgw::pipeline
