#include "config/settings.h"

#include <array>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/reader.h"
#include "config/suggest.h"
#include "config/units.h"

namespace pgw::config {
namespace {

using nlohmann::json;

contract::Place place_of(const Settings& settings, const std::string& pointer) {
  const auto found = settings.places.find(pointer);
  return found != settings.places.end() ? found->second : contract::Place{settings.file.string(), 0, 0};
}

/// Collects references to operations that the contract doesn't have.
class OperationCheck {
 public:
  OperationCheck(const Settings& settings, std::span<const std::string> known) : settings_(settings), known_(known) {}

  void check(const std::string& id, const std::string& pointer) {
    if (std::find(known_.begin(), known_.end(), id) != known_.end()) return;
    const std::string name = settings_.from_environment.contains(pointer) ? "of the name that the environment gives"
                                                                          : "'" + id + "'" + did_you_mean(id, known_);
    problems_.push_back({contract::Severity::error, place_of(settings_, pointer),
                         dotted(pointer) + ": the contract has no operation " + name});
  }

  std::vector<contract::Problem> problems() && { return std::move(problems_); }

 private:
  const Settings& settings_;
  std::span<const std::string> known_;
  std::vector<contract::Problem> problems_;
};

json credential_json(const UpstreamCredential& credential) {
  json out{{"header", credential.header}};
  if (credential.value_file.empty()) {
    out["value"] = "[redacted]";
  } else {
    out["value_file"] = credential.value_file.string();
  }
  return out;
}

json upstream_json(const Upstream& upstream) {
  json out{{"url", upstream.url.text()},
           {"connect_timeout", to_text(upstream.connect_timeout)},
           {"timeout", to_text(upstream.timeout)},
           {"max_connections", upstream.max_connections},
           {"max_waiting", upstream.max_waiting},
           {"retries", upstream.retries},
           {"breaker", {{"failures", upstream.breaker.failures}, {"open_for", to_text(upstream.breaker.open_for)}}}};
  if (upstream.credential) out["credential"] = credential_json(*upstream.credential);
  if (!upstream.ca_file.empty()) out["ca_file"] = upstream.ca_file.string();
  return out;
}

json rule_json(const CacheRule& rule) {
  json out = json::object();
  if (rule.ttl) out["ttl"] = to_text(*rule.ttl);
  if (rule.stale_while_revalidate) out["stale_while_revalidate"] = to_text(*rule.stale_while_revalidate);
  if (rule.stale_if_error) out["stale_if_error"] = to_text(*rule.stale_if_error);
  if (!rule.invalidates.empty()) out["invalidates"] = rule.invalidates;
  if (!rule.primes.empty()) out["primes"] = rule.primes;
  return out;
}

json cache_json(const CacheSettings& cache) {
  json rules = json::object();
  for (const auto& [id, rule] : cache.rules) rules[id] = rule_json(rule);
  json out{
      {"max_size", size_text(cache.max_size)}, {"rules", std::move(rules)}, {"safe_operations", cache.safe_operations}};
  if (!cache.file.empty()) out["file"] = cache.file.string();
  if (!cache.targeted_field.empty()) out["targeted_field"] = cache.targeted_field;
  return out;
}

json limits_json(const LimitSettings& limits) {
  return {{"max_body", size_text(limits.max_body)},       {"max_header", size_text(limits.max_header)},
          {"max_target", size_text(limits.max_target)},   {"header_timeout", to_text(limits.header_timeout)},
          {"body_timeout", to_text(limits.body_timeout)}, {"write_timeout", to_text(limits.write_timeout)},
          {"idle_timeout", to_text(limits.idle_timeout)}, {"drain_timeout", to_text(limits.drain_timeout)}};
}

}  // namespace

std::string_view to_string(AccessMode mode) {
  return mode == AccessMode::keys ? "keys" : "open";
}

std::string_view to_string(RateCharge charge) {
  return charge == RateCharge::upstream ? "upstream" : "all";
}

std::string_view to_string(Check check) {
  static constexpr std::array<std::string_view, 3> names{"enforce", "report", "off"};
  return names[static_cast<std::size_t>(check)];
}

std::string_view to_string(LogLevel level) {
  static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

std::string_view to_string(LogFormat format) {
  return format == LogFormat::json ? "json" : "text";
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::vector<contract::Problem> check_operations(const Settings& settings, std::span<const std::string> known) {
  OperationCheck check(settings, known);
  const std::string cache = "/cache";
  for (const auto& [id, rule] : settings.cache.rules) {
    const std::string pointer = cache + "/rules" + token(id);
    check.check(id, pointer);
    for (std::size_t i = 0; i < rule.invalidates.size(); ++i) {
      const bool is_tag = rule.invalidates[i].starts_with('/');
      if (!is_tag) check.check(rule.invalidates[i], pointer + "/invalidates/" + std::to_string(i));
    }
    if (!rule.primes.empty()) check.check(rule.primes, pointer + "/primes");
  }
  for (std::size_t i = 0; i < settings.cache.safe_operations.size(); ++i) {
    check.check(settings.cache.safe_operations[i], cache + "/safe_operations/" + std::to_string(i));
  }
  return std::move(check).problems();
}

json redacted(const Settings& settings) {
  const auto& access = settings.access;
  json access_json{{"mode", to_string(access.mode)}, {"rate_charge", to_string(access.rate_charge)}};
  if (!access.keys_file.empty()) access_json["keys_file"] = access.keys_file.string();
  const auto& log = settings.log;
  return {{"listen", settings.listen.text()},
          {"admin", settings.admin.text()},
          {"workers", settings.workers},
          {"api", settings.api.string()},
          {"upstream", upstream_json(settings.upstream)},
          {"access", std::move(access_json)},
          {"validation",
           {{"requests", to_string(settings.validation.requests)},
            {"responses", to_string(settings.validation.responses)}}},
          {"cache", cache_json(settings.cache)},
          {"limits", limits_json(settings.limits)},
          {"log", {{"level", to_string(log.level)}, {"format", to_string(log.format)}, {"access", log.access}}}};
}

}  // namespace pgw::config
