#include "sandbox/responder.h"

#include <chrono>
#include <string>
#include <utility>

namespace pgw::sandbox {

namespace {

/// Roomy, since the service that the sandbox stands for has no such limits, and tests hold connections as they like.
http::Limits generous_limits() {
  constexpr std::chrono::hours whole_test_run{1};
  http::Limits limits;
  limits.max_body = 8UL * 1024 * 1024;
  limits.max_header = limits.max_target = 64UL * 1024;
  limits.max_fields = 1024;
  limits.header_timeout = limits.idle_timeout = limits.body_timeout = whole_test_run;
  limits.connections_per_address = 0;
  return limits;
}

void respond(http::Exchange& exchange, HttpResponse response) {
  http::ResponseHead head{response.status, {}};
  for (const auto& [name, value] : response.headers) head.fields.append(name).append(": ").append(value).append("\r\n");
  if (response.status == 304) {
    exchange.respond(head, std::nullopt);
  } else {
    exchange.respond(head, std::make_shared<const std::string>(std::move(response.body)));
  }
}

}  // namespace

/// A request on its way through the scheduler's threads. However it ends, the loop's thread lets go of the exchange.
struct Responder::Job {
  explicit Job(std::shared_ptr<http::Exchange> its_exchange) : exchange(std::move(its_exchange)) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() {
    loop::EventLoop& loop = exchange->loop();
    loop.post([last = std::move(exchange)] {});
  }

  std::shared_ptr<http::Exchange> exchange;
  Faults faults;
  HttpResponse response;
};

Responder::Responder(const contract::Contract& contract, const Api& api, Scheduler& scheduler, bool faults,
                     std::function<void(std::string_view request_id)> on_carried_out)
    : RequestHandler(generous_limits()),
      contract_(contract),
      api_(api),
      scheduler_(scheduler),
      faults_(faults),
      on_carried_out_(std::move(on_carried_out)),
      counts_(contract.operations().size() + 1) {}

void Responder::on_request(const std::shared_ptr<http::Exchange>& exchange) {
  const http::Request& request = exchange->request();
  const auto job = std::make_shared<Job>(exchange);
  if (faults_ && request.path == "/sandbox/requests") return respond(*exchange, counts());
  if (faults_) {
    Faults::Outcome parsed = Faults::parse(request);
    if (!parsed.error.empty()) return respond(*exchange, error_response(400, parsed.error));
    count(request);
    job->faults = std::move(parsed.faults);
  }
  scheduler_.post_after(job->faults.delay, [this, job] { carry_out(job); });
}

void Responder::on_rejected(const std::shared_ptr<http::Exchange>& exchange, const http::Malformation& malformation) {
  respond(*exchange, error_response(malformation.status, "Invalid HTTP request received."));
}

void Responder::carry_out(const JobPtr& job) const {
  const Faults& faults = job->faults;
  if (faults.abort == Faults::Abort::before) return finish(job);
  job->response = faults.status ? error_response(*faults.status, "As X-Sandbox-Status asked.")
                                : api_.answer(job->exchange->request());
  if (on_carried_out_ && !faults.status) {
    const std::string* const id = job->exchange->request().fields.find("x-request-id");
    on_carried_out_(id == nullptr ? std::string_view() : std::string_view(*id));
  }
  faults.decorate(job->response);
  scheduler_.post_after(faults.delay_after, [job] { finish(job); });
}

void Responder::finish(const JobPtr& job) {
  job->exchange->loop().post([job] {
    if (job->faults.abort == Faults::Abort::never) {
      respond(*job->exchange, std::move(job->response));
    } else {
      job->exchange->abort();
    }
  });
}

void Responder::count(const http::Request& request) {
  const contract::Operation* operation = api_.find(request);
  ++counts_[operation != nullptr ? operation->index() : counts_.size() - 1];
}

HttpResponse Responder::counts() const {
  Json counts = Json::object();
  for (const contract::Operation& operation : contract_.operations())
    counts[operation.id()] = counts_[operation.index()];
  counts["other"] = counts_.back();
  return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, counts.dump()};
}

}  // namespace pgw::sandbox
