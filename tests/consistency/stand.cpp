#include "consistency/stand.h"

#include <csignal>
#include <functional>
#include <stdexcept>
#include <utility>

namespace pgw::consistency {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<sandbox::Sandbox> start_sandbox(std::function<void(std::string_view)> on_carried_out) {
  sandbox::Options options;
  options.contract_file = PGW_CONTRACT;
  options.threads = 4;
  options.faults = true;
  options.seed = false;
  options.on_carried_out = std::move(on_carried_out);
  auto outcome = sandbox::Sandbox::start(std::move(options));
  if (!outcome.sandbox) throw std::runtime_error("the sandbox: " + outcome.errors.at(0));
  return std::move(outcome.sandbox);
}

// Some reads stay fresh for long, some soon become stale and are served while they are refreshed, or revalidated.
std::map<std::string, config::CacheRule, std::less<>> cache_rules() {
  std::map<std::string, config::CacheRule, std::less<>> rules;
  rules["Projects_get"] = {
      .ttl = 1h, .stale_while_revalidate = {}, .stale_if_error = {}, .invalidates = {}, .primes = {}};
  rules["Projects_list"] = {
      .ttl = 30ms, .stale_while_revalidate = 1h, .stale_if_error = 1h, .invalidates = {}, .primes = {}};
  rules["Projects_listConfigs"] = {
      .ttl = 100ms, .stale_while_revalidate = {}, .stale_if_error = 1h, .invalidates = {}, .primes = {}};
  rules["Datasets_listAllForProject"] = {
      .ttl = 1h, .stale_while_revalidate = {}, .stale_if_error = 1h, .invalidates = {}, .primes = {}};
  rules["Projects_update"].primes = "Projects_get";
  rules["Projects_create"].primes = "Projects_get";
  return rules;
}

config::Settings settings_for(const StandOptions& options, const std::string& upstream) {
  config::Settings settings;
  settings.listen.port = 0;
  settings.admin.port = 0;
  settings.workers = options.workers;
  settings.api = PGW_CONTRACT;
  settings.upstream.url = *config::parse_url(upstream).url;
  settings.upstream.credential = config::UpstreamCredential{"X-API-KEY", config::Secret("of the upstream"), {}};
  settings.upstream.timeout = options.upstream_timeout;
  settings.upstream.forward_fields = {"X-Sandbox-Delay", "X-Sandbox-Delay-After", "X-Sandbox-Status",
                                      "X-Sandbox-Abort"};
  settings.upstream.max_connections = 512;  // nothing waits for a connection, so the timeout bounds a write's effect
  settings.upstream.breaker.failures = 0;   // errors are on purpose here
  settings.access.mode = config::AccessMode::open;
  settings.cache.rules = cache_rules();
  settings.limits.drain_timeout = 5s;
  settings.log.access = false;
  return settings;
}

}  // namespace

Stand::Stand(const StandOptions& options)
    : sandbox_(start_sandbox([this](std::string_view request) { note_effect(request); })) {
  std::signal(SIGPIPE, SIG_IGN);
  const config::Settings settings = settings_for(options, sandbox_->url());
  auto outcome = service::Service::prepare({.source =
                                                [settings](const config::UpstreamCredential*) {
                                                  return config::Loaded{settings, {}};
                                                },
                                            .extra_keys = {},
                                            .version = "test",
                                            .check_generations = options.check_generations});
  for (const auto& problem : outcome.problems) {
    if (problem.severity == contract::Severity::error) throw std::runtime_error(contract::to_string(problem));
  }
  gateway_ = std::move(outcome.service);
  gateway_->start();
}

std::optional<Time> Stand::time_of_effect(const std::string& request) const {
  const std::lock_guard lock(mutex_);
  const auto found = effects_.find(request);
  return found == effects_.end() ? std::nullopt : std::optional(found->second);
}

void Stand::note_effect(std::string_view request) {
  const Time now = Clock::now();
  const std::lock_guard lock(mutex_);
  effects_[std::string(request)] = now;
}

std::string Stand::url() const {
  return gateway_->listen_url() + "/v4";
}

}  // namespace pgw::consistency
