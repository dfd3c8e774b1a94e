#include "gateway/pipeline/worker.h"

#include "gateway/pipeline/references.h"
#include "gateway/pipeline/respond.h"

namespace pgw::pipeline {

Worker::Worker(edge::EventLoop& loop, Process& process, std::shared_ptr<const Runtime> runtime)
    : loop_(loop),
      process_(process),
      runtime_(std::move(runtime)),
      client_(loop, runtime_->target),
      access_log_(loop),
      random_(std::random_device{}()) {}

void Worker::use(std::shared_ptr<const Runtime> runtime) {
  runtime_ = std::move(runtime);
  client_.retarget(runtime_->target);
}

std::string Worker::new_request_id() {
  static constexpr char digits[] = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (int half = 0; half < 2; ++half) {
    auto bits = random_();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) id += digits[bits & 0xf];
  }
  return id;
}

std::shared_ptr<RequestContext> Worker::context_of(const std::shared_ptr<edge::Exchange>& exchange) {
  auto& attachment = exchange->attachment();
  if (attachment == nullptr) {
    attachment = std::make_shared<RequestContext>(*this, runtime_, exchange);
    process_.metrics.inflight_requests().Increment();
  }
  return std::static_pointer_cast<RequestContext>(attachment);
}

void Worker::on_head(const std::shared_ptr<edge::Exchange>& exchange) {
  run_phases(Moment::head, *context_of(exchange));
}

void Worker::on_request(const std::shared_ptr<edge::Exchange>& exchange) {
  run_phases(Moment::request, *context_of(exchange));
}

void Worker::on_rejected(const std::shared_ptr<edge::Exchange>& exchange, const edge::Rejection& rejection) {
  const auto context = context_of(exchange);
  if (context->request_id.empty()) context->request_id = new_request_id();
  respond_locally(*context, Rejection::malformed, error_response(rejection.status, rejection.message));
}

void Worker::on_finished(edge::Exchange& exchange) {
  if (exchange.attachment() == nullptr) return;
  process_.metrics.inflight_requests().Decrement();
  record(static_cast<RequestContext&>(*std::static_pointer_cast<RequestContext>(exchange.attachment())));
}

RequestContext::RequestContext(Worker& its_worker, std::shared_ptr<const Runtime> its_runtime,
                               std::shared_ptr<edge::Exchange> its_exchange)
    : worker(its_worker), runtime(std::move(its_runtime)), exchange(std::move(its_exchange)) {}

std::span<const cache::Header> RequestContext::request_fields() {
  if (request_fields_.empty()) {
    for (const auto& field : request().fields) request_fields_.push_back({field.name, field.value});
  }
  return request_fields_;
}

}  // namespace pgw::pipeline
