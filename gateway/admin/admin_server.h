// The operator's listener: metrics, health, the running configuration, the cache and its purge. Loopback unless said
// otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "gateway/admin/admin_access.h"
#include "gateway/admin/cache_query.h"

namespace pgw::admin {

/// The gateway as the operator sees it. Every function is called from the admin listener's thread and must be
/// thread-safe. What a function throws is a line of the event log, and 500 without a word of it.
struct Hooks {
  std::function<std::string()> metrics;           ///< text exposition format 0.0.4
  std::function<bool()> ready;                    ///< false while draining
  std::function<nlohmann::json()> readiness;      ///< what is to be known beside: members of the answer of /readyz
  std::function<nlohmann::json()> configuration;  ///< redacted
  std::function<nlohmann::json()> cache_statistics;
  std::function<nlohmann::json(const EntryFilter&)> cache_entries;
  /// What the cache knows of one answer; nullopt when the contract has no GET of that path.
  std::function<std::optional<nlohmann::json>(const WhyRequest&)> cache_why;
  /// Counts of what was purged; nullopt when the contract has no such operation or path.
  std::function<std::optional<nlohmann::json>(const PurgeRequest&)> purge;
};

/// GET and HEAD /metrics /healthz /readyz /config /cache /cache/entries /cache/why, POST /purge, all others 405; queries
/// and bodies as in cache_query.h. The method PURGE, with any target, purges that URL. On the gateway's own HTTP server with one worker: 64 connections at most, and idle ones end. /healthz
/// and /readyz are for everybody, all else is for whom `judge` allows it. A request that a browser page sends (it has
/// an Origin) is refused, since a page that an operator happens to visit must not be able to purge.
///
/// Called by one thread, but for `set_access`, which any thread may call.
class AdminServer {
 public:
  /// Takes the address, and accepts nothing yet; port 0 means any. Throws std::runtime_error that names the address if
  /// it can't.
  AdminServer(const std::string& host, std::uint16_t port, Access access, Hooks hooks);
  /// Stops.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  std::uint16_t port() const;

  /// Begins to accept.
  void start();

  /// Ends every connection; no hook is called afterwards. Idempotent.
  void stop();

  /// For requests from now on.
  void set_access(Access access);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::admin
