// The running gateway: everything a process needs to serve, put together, reloaded and taken down in order.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cache/cache.h"
#include "config/secret_file.h"
#include "config/settings.h"
#include "gateway/admin/admin_server.h"
#include "gateway/edge/server.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/runtime.h"
#include "gateway/pipeline/worker.h"
#include "gateway/service/pressure_watch.h"
#include "gateway/upstream/breaker.h"
#include "metrics/metrics.h"

namespace pgw::service {

/// Where settings come from, at the start and again at each reload; `running` is what `config::load_settings` takes by
/// that name, null at the start.
using Source = std::function<config::Loaded(const config::UpstreamCredential* running)>;

struct Options {
  Source source;
  std::vector<config::KeyEntry> extra_keys;  ///< beside the keys file's
  std::string version;
  std::string commit;             ///< that `version` was built from
  bool check_generations = true;  ///< false breaks the promise of the cache: for the test that must notice
};

/// Owned by the main thread, which alone calls it; the admin listener reads it from a thread of its own.
class Service {
 public:
  struct Outcome {
    std::unique_ptr<Service> service;         ///< null if any problem is an error
    std::vector<contract::Problem> problems;  ///< those of a service that came to be are in its log
  };

  /// Loads and checks everything and takes the addresses; accepts nothing yet. Throws std::runtime_error that names the
  /// address if one can't be taken.
  static Outcome prepare(Options options);

  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// "http://127.0.0.1:8080": the address that is really listened on.
  std::string listen_url() const;
  std::string admin_url() const;

  /// Begins to accept.
  void start();

  /// Loads the configuration again. If any problem is an error, the running one stays, whole. What a running process
  /// can't change stays as it is, and is named in the log and in /config, at every reload until it is the same again.
  void reload();

  /// To be called about once a second: follows the credential's file and the keys file, and looks whether connections
  /// were turned away. Says in the log when a file can't be used, and why, and what changed.
  void tick();

  /// Serves on for `limits.drain_delay` with readiness down and each response its connection's last; then stops
  /// accepting, lets requests in flight end, at most `limits.drain_timeout`, stops, and saves the cache if it has a
  /// file. `is_hurried` is asked several times a second; each time that it says true, the wait at hand is over.
  void drain(const std::function<bool()>& is_hurried = {});

 private:
  struct Member {
    loop::EventLoop* loop;
    pipeline::Worker* worker;
  };

  /// What a reload takes, or null, and the keys of what it had to leave as it was.
  struct Next {
    std::shared_ptr<const pipeline::Runtime> runtime;
    std::vector<std::string> pending_restart;
    admin::Access admin_access;
  };

  Service(Options options, const config::Settings& settings, const contract::Contract& contract);

  void listen(admin::Access admin_access);
  /// Returns when every worker begins its requests under `runtime`: a revoked key that the log says is gone, is.
  void publish(const std::shared_ptr<const pipeline::Runtime>& runtime);
  std::shared_ptr<const pipeline::Runtime> runtime() const;
  pipeline::BuildOptions build_options(const access::KeyRing* previous, const std::string& contract_digest);
  void follow_credential_file();
  void refresh_credential();
  void tick_pressure();
  void note_credential_file();
  void follow_keys_file();
  void refresh_keys();
  void announce_key_expiries();
  void reserve_descriptors();
  Next load_next(const pipeline::Runtime& current);
  void follow_runtime();
  nlohmann::json configuration() const;
  cache::ArchiveIdentity archive_identity() const;
  void restore_cache();
  void save_cache();
  void copy_cache_figures();
  void copy_log_figures();
  void copy_connection_figures();
  void note_breaker(bool open);
  admin::Hooks admin_hooks();

  const Options options_;
  mutable std::mutex runtime_mutex_;                  // guards runtime_ and pending_restart_
  std::shared_ptr<const pipeline::Runtime> runtime_;  // what is in force, also of what waits for a restart
  std::vector<std::string> pending_restart_;

  metrics::Metrics metrics_;
  cache::Cache cache_;
  upstream::Breaker breaker_;
  pipeline::Process process_;
  std::unique_ptr<config::SecretFile> credential_file_;
  PressureWatch pressure_watch_;
  std::string credential_failure_;  // of credential_file_, as it was last said in the log
  std::optional<config::FileWatch> keys_file_;
  std::string keys_digest_;  // of the keys file's content that was looked at last
  std::atomic<bool> draining_{false};

  std::mutex members_mutex_;  // guards members_
  std::vector<Member> members_;
  std::unique_ptr<edge::Server> edge_;
  std::unique_ptr<admin::AdminServer> admin_;
};

}  // namespace pgw::service
