// Everything that is known about one request while it goes through the phases.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.h"
#include "contract/contract.h"
#include "gateway/access/key_ring.h"
#include "gateway/http/exchange.h"
#include "gateway/pipeline/outcome.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::pipeline {

class UpstreamJob;
class Worker;

/// Made when the head of a request is there; belongs to its worker's thread. The exchange holds it until the exchange
/// is over, and a forward that goes on without its client holds it beyond that.
struct RequestContext : std::enable_shared_from_this<RequestContext> {
  RequestContext(Worker& its_worker, std::shared_ptr<const Runtime> its_runtime,
                 std::shared_ptr<http::Exchange> its_exchange);

  const http::Request& request() const { return exchange->request(); }
  const contract::Operation& operation() const { return *route.operation; }
  const OperationPolicy& policy() const { return runtime->policy(operation()); }
  bool has_body() const { return is_upload || !request().body.empty(); }

  /// Request fields as the cache reads them, without what ends here (`FieldRole`): a response that names a field in
  /// Vary is stored with its value. Views into the exchange.
  std::span<const cache::Header> request_fields();

  /// Whether a credential of the client's own goes upstream, so that the answer is its alone unless the origin names
  /// everyone (RFC 9111 section 3.5).
  bool is_authorized();

  Worker& worker;
  const std::shared_ptr<const Runtime> runtime;
  const std::shared_ptr<http::Exchange> exchange;
  const cache::TimePoint arrived;  ///< when the loop's turn began in which the head was there

  // identify
  std::string_view client;      ///< the client's own address, behind any trusted balancers; into the request
  std::string_view request_id;  ///< into the request, or `made_id`
  std::array<char, 32> made_id{};
  std::string_view trace_id;                     ///< into the request
  const access::Principal* principal = nullptr;  ///< belongs to `runtime`; of an expired key too, for the log

  // admit
  access::Place key_place;
  access::Place team_place;

  // route
  contract::Match route;

  // upload
  bool is_upload = false;                    ///< the body goes upstream as it comes, and never into the request
  std::weak_ptr<UpstreamJob> job_of_upload;  ///< what it goes to

  // cache
  cache::Fetch fetch;                  ///< the duty to fetch, when this request leads
  cache::EntryPtr revalidated;         ///< what `fetch` asks about
  cache::Wait wait;                    ///< the place among the followers of another's fetch
  std::string fields_for_this_caller;  ///< ready lines of a response that the cache keeps from others
  bool has_stand_in = false;           ///< something stored may stand in for an error of `fetch`, or for its slowness
  bool is_hurried = false;             ///< has waited for `cache.stale_after`
  cache::Duration older_by{0};         ///< what is served from memory counts as so much older than it is, since a purge
  unsigned times_waited = 0;
  loop::EventLoop::Clock::time_point waiting_since{};
  loop::EventLoop::TimerId wait_timer = 0;

  Outcome outcome;

 private:
  void read_fields();

  std::vector<cache::Header> request_fields_;
  bool has_read_fields_ = false;
  bool is_authorized_ = false;
};
using ContextPtr = std::shared_ptr<RequestContext>;

}  // namespace pgw::pipeline
