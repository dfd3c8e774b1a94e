#include "gateway/pipeline/worker.h"

#include <algorithm>
#include <random>

#include "base/list.h"
#include "base/text.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/upload.h"
#include "gateway/pipeline/upstream_job.h"

namespace pgw::pipeline {
namespace {

/// Of all workers together.
constexpr std::size_t collected_at_once = std::size_t{16} * 1024 * 1024;

/// The same runtime with a count of owners of this worker's own: every request becomes an owner, and workers that count
/// together would pass the count's cache line to and fro.
std::shared_ptr<const Runtime> counted_apart(std::shared_ptr<const Runtime> runtime) {
  const Runtime* const content = runtime.get();
  return {std::make_shared<std::shared_ptr<const Runtime>>(std::move(runtime)), content};
}

std::uint64_t random_bits() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

/// One to one, and without a visible order: the finaliser of MurmurHash3.
constexpr std::uint64_t scrambled(std::uint64_t number) {
  number = (number ^ (number >> 33)) * 0xff51afd7ed558ccd;
  number = (number ^ (number >> 33)) * 0xc4ceb9fe1a85ec53;
  return number ^ (number >> 33);
}

/// What a balancer tells of the way: a client's Connection that the balancer lets pass must not take that away.
bool tells_the_way(std::string_view name) {
  return base::iequals(name, "via") || base::iequals(name, "forwarded") ||
         base::iequals(name.substr(0, 12), "x-forwarded-");
}

/// The fields that Connection names, besides the usual ones. The upstream won't see them, so neither may the cache,
/// which would store its answer under them, nor validation (RFC 9110 section 7.6.1).
void drop_fields_of_connection(http::Request& request) {
  const std::string options = http::connection_options(request.fields);
  base::for_each_element(options, [&](std::string_view name) {
    const bool stays = base::iequals(name, "keep-alive") || base::iequals(name, "close") || tells_the_way(name);
    if (!stays) request.fields.erase(name);
  });
}

bool is_cache_directive(std::string_view name) {
  return base::iequals(name, "cache-control") || base::iequals(name, "pragma");
}

char* write_hex(char* out, std::uint64_t bits) {
  static constexpr char digits[] = "0123456789abcdef";
  for (int digit = 0; digit < 16; ++digit, bits <<= 4) *out++ = digits[bits >> 60];
  return out;
}

}  // namespace

Worker::Worker(loop::EventLoop& loop, Process& process, std::shared_ptr<const Runtime> runtime,
               std::shared_ptr<upstream::Client> client)
    : RequestHandler(runtime->limits),
      loop_(loop),
      process_(process),
      runtime_(counted_apart(std::move(runtime))),
      collecting_(collected_at_once / std::max(runtime_->settings.workers, 1U)),
      client_(client != nullptr ? std::move(client)
                                : upstream::make_client(loop, process.upstream_pool, runtime_->target)),
      access_log_(loop),
      ids_made_(random_bits()) {
  write_hex(id_prefix_.data(), random_bits());
}

void Worker::use(std::shared_ptr<const Runtime> runtime) {
  runtime_ = counted_apart(std::move(runtime));
  set_limits(runtime_->limits);
  client_->retarget(runtime_->target);
  known_responses_.clear();
}

void Worker::make_request_id(RequestContext& context) {
  char* const rest = std::copy(id_prefix_.begin(), id_prefix_.end(), context.made_id.data());
  write_hex(rest, scrambled(ids_made_++));
  context.request_id = {context.made_id.data(), context.made_id.size()};
}

RequestContext& Worker::context_of(const std::shared_ptr<http::Exchange>& exchange) {
  auto& attachment = exchange->attachment();
  if (attachment == nullptr) {
    attachment = std::make_shared<RequestContext>(*this, runtime_, exchange);
    process_.metrics.inflight_requests().Increment();
  }
  return *static_cast<RequestContext*>(attachment.get());
}

void Worker::on_head(const std::shared_ptr<http::Exchange>& exchange) {
  drop_fields_of_connection(exchange->mutable_request());
  RequestContext& context = context_of(exchange);
  run_phases(Moment::head, context);
  if (exchange->answered()) return;
  if (const auto most = context.policy().max_body; most < limits().max_body) exchange->limit_body(most);
  context.is_upload = goes_up_as_it_comes(context);
  if (context.is_upload) run_phases(Moment::request, context);
}

void Worker::on_request(const std::shared_ptr<http::Exchange>& exchange) {
  run_phases(Moment::request, context_of(exchange));
}

void Worker::on_rejected(const std::shared_ptr<http::Exchange>& exchange, const http::Malformation& malformation) {
  RequestContext& context = context_of(exchange);
  if (context.request_id.empty()) make_request_id(context);
  if (const auto job = context.job_of_upload.lock()) job->give_up_body();
  context.outcome.malformation = malformation.reason;
  respond_locally(context, Rejection::malformed, error_response(malformation.status, malformation.message));
}

void Worker::on_finished(http::Exchange& exchange) {
  if (exchange.attachment() == nullptr) return;
  process_.metrics.inflight_requests().Decrement();
  record(*static_cast<RequestContext*>(exchange.attachment().get()));
}

RequestContext::RequestContext(Worker& its_worker, std::shared_ptr<const Runtime> its_runtime,
                               std::shared_ptr<http::Exchange> its_exchange)
    : worker(its_worker),
      runtime(std::move(its_runtime)),
      exchange(std::move(its_exchange)),
      arrived(std::chrono::time_point_cast<cache::Duration>(worker.loop().turn_began_at())) {}

std::span<const cache::Header> RequestContext::request_fields() {
  if (!has_read_fields_) read_fields();
  return request_fields_;
}

bool RequestContext::is_authorized() {
  if (!has_read_fields_) read_fields();
  return is_authorized_;
}

void RequestContext::read_fields() {
  has_read_fields_ = true;
  const FieldPolicy& fields = policy().fields;
  request_fields_.reserve(request().fields.size());
  for (const auto& field : request().fields) {
    const FieldRole role = fields.role_of(field.name);
    if (role == FieldRole::ends_here) continue;
    // A range has a meaning for GET only (RFC 9110 section 14.2), and would get one where GET is asked upstream.
    if (role == FieldRole::for_cache && request().is_head() && !is_cache_directive(field.name)) continue;
    is_authorized_ = is_authorized_ || role == FieldRole::credential;
    request_fields_.push_back({field.name, field.value});
  }
  is_authorized_ = is_authorized_ || fields.has_credential_in(request().query);
}

}  // namespace pgw::pipeline
