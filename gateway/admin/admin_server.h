// The operator's listener: metrics, health, the running configuration, the cache and its purge. Loopback unless said
// otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "gateway/admin/cache_query.h"

namespace pgw::admin {

/// The gateway as the operator sees it. Every function is called from the admin listener's thread and must be
/// thread-safe.
struct Hooks {
  std::function<std::string()> metrics;           ///< text exposition format 0.0.4
  std::function<bool()> ready;                    ///< false while draining
  std::function<nlohmann::json()> configuration;  ///< redacted
  std::function<nlohmann::json()> cache_statistics;
  std::function<nlohmann::json(const EntryFilter&)> cache_entries;
  /// Counts of what was purged; nullopt when the contract has no such operation or path.
  std::function<std::optional<nlohmann::json>(const PurgeRequest&)> purge;
};

/// GET and HEAD /metrics /healthz /readyz /config /cache /cache/entries, POST /purge, all others 405; queries as in
/// cache_query.h. On Pistache's own Http::Endpoint and Rest::Router, with one thread: low traffic, plain use. A request
/// that a browser page sends (it has an Origin) is refused, since a page that an operator happens to visit must not be
/// able to purge.
class AdminServer {
 public:
  /// Listens at once; port 0 means any. Throws std::runtime_error that names the address if it can't.
  AdminServer(const std::string& host, std::uint16_t port, Hooks hooks);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::admin
