#include "sandbox/responder.h"

#include <utility>

namespace pgw::sandbox {

struct Responder::Exchange {
  HttpRequest request;
  HttpResponse response;
  Faults faults;
  std::shared_ptr<Connection> connection;
};

Responder::Responder(const contract::Contract& contract, const Api& api, Scheduler& scheduler, bool faults,
                     std::function<void(std::string_view request_id)> on_carried_out)
    : contract_(contract),
      api_(api),
      scheduler_(scheduler),
      faults_(faults),
      on_carried_out_(std::move(on_carried_out)),
      counts_(contract.operations().size() + 1) {}

void Responder::handle(HttpRequest request, std::shared_ptr<Connection> connection) {
  auto exchange = std::make_shared<Exchange>(Exchange{std::move(request), {}, {}, std::move(connection)});
  if (!faults_) {
    scheduler_.post([this, exchange] { carry_out(exchange); });
    return;
  }
  Faults::Outcome parsed = Faults::parse(exchange->request);
  if (exchange->request.path() == "/sandbox/requests") {
    exchange->response = counts();
    scheduler_.post([this, exchange] { finish(exchange); });
  } else if (!parsed.error.empty()) {
    exchange->response = error_response(400, parsed.error);
    scheduler_.post([this, exchange] { finish(exchange); });
  } else {
    count(exchange->request);
    exchange->faults = std::move(parsed.faults);
    scheduler_.post_after(exchange->faults.delay, [this, exchange] { carry_out(exchange); });
  }
}

void Responder::carry_out(const std::shared_ptr<Exchange>& exchange) const {
  const Faults& faults = exchange->faults;
  if (faults.abort == Faults::Abort::before) {
    exchange->connection->abort();
    return;
  }
  exchange->response =
      faults.status ? error_response(*faults.status, "As X-Sandbox-Status asked.") : api_.answer(exchange->request);
  if (on_carried_out_ && !faults.status) on_carried_out_(exchange->request.header("x-request-id").value_or(""));
  scheduler_.post_after(faults.delay_after, [this, exchange] { finish(exchange); });
}

void Responder::finish(const std::shared_ptr<Exchange>& exchange) const {
  if (exchange->faults.abort == Faults::Abort::after) {
    exchange->connection->abort();
    return;
  }
  exchange->faults.decorate(exchange->response);
  exchange->connection->respond(exchange->response);
}

void Responder::count(const HttpRequest& request) {
  const contract::Operation* operation = api_.find(request);
  ++counts_[operation != nullptr ? operation->index() : counts_.size() - 1];
}

HttpResponse Responder::counts() const {
  Json counts = Json::object();
  for (const contract::Operation& operation : contract_.operations())
    counts[operation.id()] = counts_[operation.index()].load();
  counts["other"] = counts_.back().load();
  return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, counts.dump()};
}

}  // namespace pgw::sandbox
