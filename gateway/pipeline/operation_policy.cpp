#include "gateway/pipeline/operation_policy.h"

#include <algorithm>
#include <utility>

#include "config/suggest.h"
#include "gateway/pipeline/connection_limits.h"

namespace pgw::pipeline {
namespace {

using contract::Problem;
using contract::Severity;

cache::Rule cache_rule(const config::CacheRule& rule) {
  using cache::Duration;
  const auto& by_status = rule.ttl_by_status;
  return {.ttl = rule.ttl,
          .stale_while_revalidate = rule.stale_while_revalidate.value_or(Duration{0}),
          .stale_if_error = rule.stale_if_error.value_or(Duration{0}),
          .max_ttl = rule.max_ttl,
          .ttl_by_status = by_status.empty()
                               ? nullptr
                               : std::make_shared<const cache::Rule::TtlByStatus>(by_status.begin(), by_status.end()),
          .overrides_origin = rule.override_origin,
          .heuristic_percent = 0,
          .jitter_percent = static_cast<std::uint8_t>(rule.jitter)};
}

/// Reads what the settings say of each operation; problems gather.
class PolicyMaker {
 public:
  PolicyMaker(const config::Settings& settings, const contract::Contract& contract, std::vector<Problem>& problems)
      : settings_(settings), contract_(contract), problems_(problems) {}

  std::vector<OperationPolicy> make() {
    std::vector<OperationPolicy> policies;
    for (const auto& operation : contract_.operations()) {
      OperationPolicy policy;
      policy.is_read = operation.method() == "GET";
      policy.max_body = max_body(settings_, operation.id());
      policy.changes_nothing =
          operation.is_safe() || std::ranges::count(settings_.cache.safe_operations, operation.id()) > 0;
      if (const auto rule = settings_.cache.rules.find(operation.id()); rule != settings_.cache.rules.end()) {
        policy.rule = cache_rule(rule->second);
        policy.is_cached = !rule->second.off;
        policy.key_rule = rule->second.key;
        say_override(operation, rule->second);
        refuse_freshness_of_write(operation, rule->second, policy);
        add_extra_tags(operation, rule->second, policy);
        add_primed_read(operation, rule->second, policy);
      }
      policy.rule.keeps_cookies = settings_.cache.store_cookies;
      policy.rule.heuristic_percent = static_cast<std::uint8_t>(settings_.cache.heuristic);
      set_fields(operation, policy);
      policies.push_back(std::move(policy));
    }
    return policies;
  }

 private:
  contract::Place place_of(const std::string& pointer) const {
    const auto found = settings_.places.find(pointer);
    return found == settings_.places.end() ? contract::Place{settings_.file.string(), 0, 0} : found->second;
  }

  /// What came from the environment is not: it must not be quoted.
  bool is_literal(const std::string& pointer) const { return !settings_.from_environment.contains(pointer); }

  void say_override(const contract::Operation& operation, const config::CacheRule& rule) {
    if (!rule.override_origin) return;
    problems_.push_back(
        {Severity::warning, place_of("/cache/rules/" + operation.id() + "/override"),
         operation.id() + " is served for as long as this rule says, whatever lifetime the origin states"});
  }

  std::string_view credential_header() const {
    const auto& credential = settings_.upstream.credential;
    return credential ? std::string_view(credential->header) : std::string_view();
  }

  void set_fields(const contract::Operation& operation, OperationPolicy& policy) {
    const bool has_lifetime = policy.rule.ttl.has_value() || policy.rule.ttl_by_status != nullptr;
    const bool is_stored_by_rule = policy.is_read && policy.is_cached && has_lifetime;
    policy.fields = FieldPolicy({.contract = contract_,
                                 .operation = operation,
                                 .callers_have_keys = settings_.access.mode == config::AccessMode::keys,
                                 .upstream_credential = credential_header(),
                                 .is_stored_by_rule = is_stored_by_rule,
                                 .keyed = policy.key_rule.fields,
                                 .listed = settings_.upstream.forward_fields});
    if (is_stored_by_rule) warn_of_client_credential(operation, policy.fields);
  }

  /// A rule for answers that belong to the one who asked does nothing, or is a mistake.
  void warn_of_client_credential(const contract::Operation& operation, const FieldPolicy& fields) {
    for (const auto& scheme : contract_.security_schemes()) {
      if (std::ranges::find(operation.security(), scheme.name) == operation.security().end()) continue;
      const auto field = scheme.in == contract::SecurityScheme::In::cookie ? std::string_view("cookie")
                                                                           : std::string_view(scheme.parameter);
      const bool is_sent =
          scheme.in == contract::SecurityScheme::In::query || fields.role_of(field) == FieldRole::credential;
      if (!is_sent) continue;
      const std::string pointer = "/cache/rules/" + operation.id();
      problems_.push_back({Severity::warning, place_of(pointer),
                           "this rule stores no answer to a request with a credential of the caller's own ('" +
                               scheme.name +
                               "' of the API description), unless the origin says that it is for everyone"});
      return;
    }
  }

  void refuse_freshness_of_write(const contract::Operation& operation, const config::CacheRule& rule,
                                 const OperationPolicy& policy) {
    if (policy.is_read) return;
    const auto refuse = [&](const auto& duration, const char* name) {
      if (!duration) return;
      problems_.push_back(
          {Severity::error, place_of("/cache/rules/" + operation.id() + "/" + name),
           std::string(name) + " is for operations that read: " + operation.id() + " is a " + operation.method()});
    };
    refuse(rule.ttl, "ttl");
    refuse(rule.stale_while_revalidate, "stale_while_revalidate");
    refuse(rule.stale_if_error, "stale_if_error");
  }

  /// A path of the contract, or the beginning of one: what tags are made of.
  bool is_tag_path(std::string_view named) const {
    return std::ranges::any_of(contract_.operations(), [&](const contract::Operation& operation) {
      return begins_with_segments(operation.path_template(), named);
    });
  }

  /// Whether `named` is made of the first segments of `path`. A parameter of `path` is any value, and any parameter.
  static bool begins_with_segments(std::string_view path, std::string_view named) {
    while (!named.empty()) {
      const auto part = take_segment(named);
      const auto expected = take_segment(path);
      if (part != expected && expected.find('{') == std::string_view::npos) return false;
    }
    return true;
  }

  /// Takes "/text" off the front; its text.
  static std::string_view take_segment(std::string_view& path) {
    if (path.empty()) return {};
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
  }

  void refuse_tag(const std::string& pointer, const std::string& named) {
    std::vector<std::string> known;
    for (const auto& operation : contract_.operations()) known.push_back(operation.path_template());
    problems_.push_back({Severity::error, place_of(pointer),
                         is_literal(pointer) ? "'" + named + "' is no path of the contract, nor the beginning of one" +
                                                   config::did_you_mean(named, known)
                                             : "the environment names no path of the contract"});
  }

  void add_extra_tags(const contract::Operation& operation, const config::CacheRule& rule, OperationPolicy& policy) {
    for (std::size_t i = 0; i < rule.invalidates.size(); ++i) {
      const std::string& named = rule.invalidates[i];
      const auto* other = contract_.find(named);
      const std::string path = other != nullptr ? other->path_template() : named;
      if (!path.starts_with('/')) continue;  // an unknown operation: check_operations has said so
      std::string pointer = "/cache/rules/";
      pointer.append(operation.id()).append("/invalidates/").append(std::to_string(i));
      if (!is_tag_path(path)) {
        refuse_tag(pointer, named);
        continue;
      }
      ExtraTag tag;
      if (const std::string missing = parse_tag_path(operation, path, tag); !missing.empty()) {
        std::string message = "what the environment names needs a path parameter";
        if (is_literal(pointer)) {
          message = "'" + named;
          message.append("' needs the path parameter {").append(missing).append("}");
        }
        message.append(", which ").append(operation.id());
        message.append(" (").append(operation.path_template()).append(") does not have");
        problems_.push_back({Severity::error, place_of(pointer), std::move(message)});
      } else {
        policy.also_invalidates.push_back(std::move(tag));
      }
    }
  }

  void add_primed_read(const contract::Operation& operation, const config::CacheRule& rule, OperationPolicy& policy) {
    const auto* read = rule.primes.empty() ? nullptr : contract_.find(rule.primes);
    if (read == nullptr) return;  // none, or an unknown one: check_operations has said so
    const auto refuse = [&](const std::string& why) {
      const std::string pointer = "/cache/rules/" + operation.id() + "/primes";
      const std::string named = is_literal(pointer) ? read->id() : "what the environment names";
      problems_.push_back({Severity::error, place_of(pointer), operation.id() + " can't prime " + named + why});
    };
    if (read->method() != "GET") return refuse(", which is no GET");
    if (policy.is_read || policy.changes_nothing) return refuse(": it is no write");
    PrimedRead primed{read, {}};
    std::size_t from_response = 0;
    for (const auto& segment : read->segments()) {
      if (!segment.is_parameter) continue;
      primed.values.push_back({segment.text, parameter_position(operation, segment.text)});
      from_response += primed.values.back().path_value ? 0 : 1;
    }
    if (from_response > 1) {
      return refuse(": its response can tell one parameter that its path lacks, not " + std::to_string(from_response));
    }
    policy.primes = std::move(primed);
  }

  /// Fills `tag` from a path template; returns the name of a parameter that `operation` lacks, or nothing.
  static std::string parse_tag_path(const contract::Operation& operation, std::string_view path, ExtraTag& tag) {
    while (!path.empty()) {
      const auto segment = take_segment(path);
      if (!segment.starts_with('{')) {
        tag.pieces.push_back({std::string(segment), std::nullopt});
        continue;
      }
      const auto name = segment.substr(1, segment.size() - 2);
      const auto position = parameter_position(operation, name);
      if (!position) return std::string(name);
      tag.pieces.push_back({{}, position});
    }
    return {};
  }

  static std::optional<std::size_t> parameter_position(const contract::Operation& operation, std::string_view name) {
    std::size_t position = 0;
    for (const auto& segment : operation.segments()) {
      if (!segment.is_parameter) continue;
      if (segment.text == name) return position;
      ++position;
    }
    return std::nullopt;
  }

  const config::Settings& settings_;
  const contract::Contract& contract_;
  std::vector<Problem>& problems_;
};

}  // namespace

cache::Tag ExtraTag::tag_for(const contract::Match& write) const {
  std::vector<cache::Segment> path;
  for (const auto& piece : pieces) {
    path.push_back(piece.path_value ? cache::Segment{write.path_values[*piece.path_value], true}
                                    : cache::Segment{piece.text, false});
  }
  return cache::read_tags(path).back();
}

std::vector<OperationPolicy> make_policies(const config::Settings& settings, const contract::Contract& contract,
                                           std::vector<Problem>& problems) {
  return PolicyMaker(settings, contract, problems).make();
}

}  // namespace pgw::pipeline
