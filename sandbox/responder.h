// Between the network and the API: threads, faults and the count of requests.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/http/request_handler.h"
#include "sandbox/api.h"
#include "sandbox/faults.h"
#include "sandbox/scheduler.h"

namespace pgw::sandbox {

/// Belongs to the server's loop; answers in the scheduler's threads, which must have stopped before it goes.
class Responder final : public http::RequestHandler {
 public:
  /// With `faults` it obeys faults.h and serves GET /sandbox/requests: how often each operation was asked for, by
  /// operationId, counted when the request arrives, whatever became of it; unknown routes count as "other".
  Responder(const contract::Contract& contract, const Api& api, Scheduler& scheduler, bool faults);

  void on_head(const std::shared_ptr<http::Exchange>&) override {}
  void on_request(const std::shared_ptr<http::Exchange>& exchange) override;
  void on_rejected(const std::shared_ptr<http::Exchange>& exchange, const http::Malformation& malformation) override;

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;

  void count(const http::Request& request);
  HttpResponse counts() const;
  void carry_out(const JobPtr& job) const;
  static void finish(const JobPtr& job);

  const contract::Contract& contract_;
  const Api& api_;
  Scheduler& scheduler_;
  const bool faults_;
  std::vector<std::uint64_t> counts_;  // by the operation's index; the last one counts the others
};

}  // namespace pgw::sandbox
