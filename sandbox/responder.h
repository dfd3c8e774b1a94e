// Between the network and the API: threads, faults and the count of requests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/api.h"
#include "sandbox/connection.h"
#include "sandbox/faults.h"
#include "sandbox/scheduler.h"

namespace pgw::sandbox {

/// Thread-safe.
class Responder {
 public:
  /// With `faults` it obeys faults.h and serves GET /sandbox/requests: how often each operation was asked for, by
  /// operationId, counted when the request arrives, whatever became of it; unknown routes count as "other".
  /// `on_carried_out`: see Options; may be empty.
  Responder(const contract::Contract& contract, const Api& api, Scheduler& scheduler, bool faults,
            std::function<void(std::string_view request_id)> on_carried_out = {});

  /// Answers in one of the scheduler's threads. Doesn't block.
  void handle(HttpRequest request, std::shared_ptr<Connection> connection);

 private:
  struct Exchange;

  void count(const HttpRequest& request);
  HttpResponse counts() const;
  void carry_out(const std::shared_ptr<Exchange>& exchange) const;
  void finish(const std::shared_ptr<Exchange>& exchange) const;

  const contract::Contract& contract_;
  const Api& api_;
  Scheduler& scheduler_;
  const bool faults_;
  const std::function<void(std::string_view)> on_carried_out_;
  std::vector<std::atomic<std::uint64_t>> counts_;  // by the operation's index; the last one counts the others
};

}  // namespace pgw::sandbox
