// Opens connections to one destination: name to addresses, one address after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/upstream/connection.h"
#include "gateway/upstream/destination.h"
#include "gateway/upstream/failure.h"
#include "gateway/upstream/transfer.h"

namespace pgw::upstream {

/// How an opening ended: with a connection, or with why there is none.
struct Opened {
  std::unique_ptr<Connection> connection;
  Failure failure = Failure::internal_error;
  std::string detail;  ///< for the log
};

/// Belongs to the loop's thread. libcurl resolves the name, once for all openings and at most every `names_hold`; the
/// addresses are tried in its order, the next one as soon as one fails, or after a moment without an answer (RFC 8305
/// section 5): a dead address hides a living one for no longer than that, and stands behind it from then on. Whichever
/// is connected first is taken. `connect_timeout` bounds all of it.
class Connector {
 public:
  using Done = std::function<void(Opened opened)>;

  static constexpr std::chrono::seconds names_hold{30};

  Connector(loop::EventLoop& loop, std::shared_ptr<const Destination> destination);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  /// `done` comes from the loop, never from inside of this call, unless the connector ends before.
  void open(Place place, Done done);

  const std::shared_ptr<const Destination>& destination() const { return destination_; }

 private:
  using Clock = loop::EventLoop::Clock;
  using Addresses = std::vector<std::string>;
  class Opening;

  /// Calls each opening with the addresses, or with what the resolver said.
  void resolve(std::uint64_t opening);
  void start_resolving();
  void resolved(CURLcode result);
  void prefer(const std::string& address);

  /// The opening is over: out of the list, and told.
  void finish(std::uint64_t id, Opened opened);

  loop::EventLoop& loop_;
  const std::shared_ptr<const Destination> destination_;
  Addresses addresses_;  // the preferred one first
  Clock::time_point resolved_at_{};
  std::unique_ptr<Transfer> resolving_;
  std::unique_ptr<Addresses> found_;  // by `resolving_`, so far
  std::vector<std::uint64_t> wait_for_addresses_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Opening>> openings_;
  std::uint64_t last_id_ = 0;
};

}  // namespace pgw::upstream
