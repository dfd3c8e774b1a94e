// Between the network and the API: threads, faults and the count of requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
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
  /// `on_carried_out`: see Options; may be empty.
  Responder(const contract::Contract& contract, const Api& api, Scheduler& scheduler, bool faults,
            std::function<void(std::string_view request_id)> on_carried_out = {});

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
  const std::function<void(std::string_view)> on_carried_out_;
  std::vector<std::uint64_t> counts_;  // by the operation's index; the last one counts the others
};

}  // namespace pgw::sandbox
