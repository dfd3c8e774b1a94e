#include "gateway/pipeline/runtime.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <span>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/hex.h"
#include "cache/key.h"
#include "config/secret_file.h"
#include "config/suggest.h"
#include "gateway/pipeline/connection_limits.h"
#include "gateway/pipeline/references.h"

namespace pgw::pipeline {
namespace {

using contract::Problem;
using contract::Severity;

bool has_error(const std::vector<Problem>& problems) {
  return std::ranges::any_of(problems, [](const Problem& problem) { return problem.severity == Severity::error; });
}

void append(std::vector<Problem>& all, std::vector<Problem> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// The first 64 bits of the SHA-256 of all the parts, in hexadecimal.
std::string digest_of(std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto part : parts) EVP_DigestUpdate(context.get(), part.data(), part.size());
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  std::string hex;
  base::append_hex(hex, std::span(digest).first(8));
  return hex;
}

/// Tells upstreams and credentials apart without telling either.
std::string identity_of(const std::string& url, std::string_view credential) {
  return digest_of({url, "\n", credential});
}

std::string digest_of_files(std::span<const std::filesystem::path> files) {
  if (files.size() == 1) return digest_of_file(files.front());
  std::string digests;
  for (const auto& file : files) digests += digest_of_file(file);
  return digest_of({digests});
}

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

/// From the settings, where the value is, to the target, which uses it, and to the cache keys, which it keeps apart.
void set_credential(Runtime& runtime) {
  auto target = std::make_shared<upstream::Target>(*runtime.target);
  const auto& credential = runtime.settings.upstream.credential;
  target->credential = nullptr;
  if (credential) {
    target->credential = std::make_shared<const upstream::Credential>(
        credential->header, std::make_shared<const config::Secret>(credential->value));
  }
  runtime.target = target;
  runtime.upstream_identity =
      identity_of(target->base_url, credential ? credential->value.reveal() : std::string_view{});
  for (const auto& operation : runtime.contract->operations()) {
    runtime.policies[operation.index()].cache_key_prefix =
        cache::make_key_prefix(operation.id(), runtime.upstream_identity);
  }
}

std::optional<std::uint32_t> concurrency_of(const config::Settings& settings, std::string_view team) {
  const auto found = settings.teams.find(team);
  return found == settings.teams.end() ? std::nullopt : found->second.concurrency;
}

/// The keys of the runtime's settings, and what is wrong with them.
std::vector<Problem> load_keys(Runtime& runtime, BuildOptions options) {
  std::vector<Problem> problems;
  std::vector<config::KeyEntry> entries = std::move(options.extra_keys);
  const auto ids = operation_ids(*runtime.contract);
  const auto& access = runtime.settings.access;
  if (access.mode == config::AccessMode::keys && !access.keys_file.empty()) {
    // Before the file is read: a change in between has another digest, and is followed.
    runtime.keys_digest = digest_of_file(access.keys_file);
    auto loaded = config::load_keys(access.keys_file);
    append(problems, std::move(loaded.problems));
    entries.insert(entries.end(), std::make_move_iterator(loaded.entries.begin()),
                   std::make_move_iterator(loaded.entries.end()));
    append(problems, config::check_operations(entries, ids));
  }
  runtime.keys = access::KeyRing::build(
      entries,
      {.operation_ids = ids,
       .team_number = options.team_number,
       .team_concurrency = [&runtime](std::string_view team) { return concurrency_of(runtime.settings, team); },
       .previous = options.previous_keys,
       .now = std::chrono::steady_clock::now()});
  runtime.anonymous =
      access::anonymous(options.team_number ? options.team_number(access::anonymous_team) : std::size_t{0});
  return problems;
}

/// Puts a Runtime together, one part after the other; problems gather.
class Builder {
 public:
  Builder(const config::Settings& settings, std::shared_ptr<const contract::Contract> contract, BuildOptions options)
      : runtime_(std::make_shared<Runtime>()), options_(std::move(options)) {
    runtime_->settings = settings;
    runtime_->contract = std::move(contract);
    runtime_->contract_digest = options_.contract_digest;
    runtime_->limits = connection_limits(settings, *runtime_->contract);
    operation_ids_ = operation_ids(*runtime_->contract);
  }

  BuiltRuntime build() {
    runtime_->base_segments = common_base();
    make_policies();
    set_target();
    append(problems_, load_keys(*runtime_, std::move(options_)));
    if (has_error(problems_)) return {nullptr, std::move(problems_)};
    return {std::move(runtime_), std::move(problems_)};
  }

 private:
  const config::Settings& settings() const { return runtime_->settings; }

  contract::Place place_of(const std::string& pointer) const {
    const auto found = settings().places.find(pointer);
    return found == settings().places.end() ? contract::Place{settings().file.string(), 0, 0} : found->second;
  }

  /// What came from the environment is not: it must not be quoted.
  bool is_literal(const std::string& pointer) const { return !settings().from_environment.contains(pointer); }

  std::size_t common_base() const {
    std::vector<std::vector<cache::Segment>> paths;
    for (const auto& operation : runtime_->contract->operations()) {
      auto& path = paths.emplace_back();
      for (const auto& segment : operation.segments()) path.push_back({segment.text, segment.is_parameter});
    }
    return paths.empty() ? 0 : cache::shared_base(paths);
  }

  void set_target() {
    const auto& from = settings().upstream;
    upstream::Target target;
    target.base_url = from.url.text();
    target.unix_socket = from.unix_socket.string();
    target.proxy = from.proxy ? from.proxy->text() : std::string();
    target.ca_file = from.ca_file.string();
    target.client_certificate = from.client_certificate.string();
    target.client_key = from.client_key.string();
    target.connect_timeout = from.connect_timeout;
    target.timeout = from.timeout;
    target.stream_idle_timeout = from.stream_idle_timeout;
    target.max_connection_age = from.max_connection_age;
    target.max_connections = from.max_connections;
    target.max_waiting = from.max_waiting;
    target.retries = from.retries;
    runtime_->target = std::make_shared<const upstream::Target>(std::move(target));
    set_credential(*runtime_);
  }

  void make_policies() {
    append(problems_, config::check_operations(settings(), operation_ids_));
    for (const auto& operation : runtime_->contract->operations()) {
      OperationPolicy policy;
      policy.is_read = operation.method() == "GET";
      policy.max_body = max_body(settings(), operation.id());
      policy.changes_nothing =
          operation.is_safe() || std::ranges::count(settings().cache.safe_operations, operation.id()) > 0;
      if (const auto rule = settings().cache.rules.find(operation.id()); rule != settings().cache.rules.end()) {
        policy.rule = cache_rule(rule->second);
        policy.is_cached = !rule->second.off;
        policy.key_rule = rule->second.key;
        say_override(operation, rule->second);
        refuse_freshness_of_write(operation, rule->second, policy);
        add_extra_tags(operation, rule->second, policy);
        add_primed_read(operation, rule->second, policy);
      }
      policy.rule.keeps_cookies = settings().cache.store_cookies;
      policy.rule.heuristic_percent = static_cast<std::uint8_t>(settings().cache.heuristic);
      set_fields(operation, policy);
      runtime_->policies.push_back(std::move(policy));
    }
  }

  void say_override(const contract::Operation& operation, const config::CacheRule& rule) {
    if (!rule.override_origin) return;
    problems_.push_back(
        {Severity::warning, place_of("/cache/rules/" + operation.id() + "/override"),
         operation.id() + " is served for as long as this rule says, whatever lifetime the origin states"});
  }

  std::string_view credential_header() const {
    const auto& credential = settings().upstream.credential;
    return credential ? std::string_view(credential->header) : std::string_view();
  }

  void set_fields(const contract::Operation& operation, OperationPolicy& policy) {
    const bool has_lifetime = policy.rule.ttl.has_value() || policy.rule.ttl_by_status != nullptr;
    const bool is_stored_by_rule = policy.is_read && policy.is_cached && has_lifetime;
    policy.fields = FieldPolicy({.contract = *runtime_->contract,
                                 .operation = operation,
                                 .callers_have_keys = settings().access.mode == config::AccessMode::keys,
                                 .upstream_credential = credential_header(),
                                 .is_stored_by_rule = is_stored_by_rule,
                                 .keyed = policy.key_rule.fields,
                                 .listed = settings().upstream.forward_fields});
    if (is_stored_by_rule) warn_of_client_credential(operation, policy.fields);
  }

  /// A rule for answers that belong to the one who asked does nothing, or is a mistake.
  void warn_of_client_credential(const contract::Operation& operation, const FieldPolicy& fields) {
    for (const auto& scheme : runtime_->contract->security_schemes()) {
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
    return std::ranges::any_of(runtime_->contract->operations(), [&](const contract::Operation& operation) {
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
    for (const auto& operation : runtime_->contract->operations()) known.push_back(operation.path_template());
    problems_.push_back({Severity::error, place_of(pointer),
                         is_literal(pointer) ? "'" + named + "' is no path of the contract, nor the beginning of one" +
                                                   config::did_you_mean(named, known)
                                             : "the environment names no path of the contract"});
  }

  void add_extra_tags(const contract::Operation& operation, const config::CacheRule& rule, OperationPolicy& policy) {
    for (std::size_t i = 0; i < rule.invalidates.size(); ++i) {
      const std::string& named = rule.invalidates[i];
      const auto* other = runtime_->contract->find(named);
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
    const auto* read = rule.primes.empty() ? nullptr : runtime_->contract->find(rule.primes);
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

  std::shared_ptr<Runtime> runtime_;
  BuildOptions options_;
  std::vector<std::string> operation_ids_;
  std::vector<Problem> problems_;
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

contract::CompileOptions compile_options(const config::Settings& settings) {
  contract::CompileOptions options{
      .allows_encoded_slashes = settings.routing.encoded_slashes == config::EncodedSlashes::allow,
      .coercion = settings.validation.coercion};
  options.skips_unusable_operations = settings.contract.unusable_operations == config::UnusableOperations::skip;
  switch (settings.routing.trailing_slash) {
    case config::TrailingSlash::strict:
      options.trailing_slash = contract::TrailingSlash::strict;
      break;
    case config::TrailingSlash::redirect:
      options.trailing_slash = contract::TrailingSlash::redirect;
      break;
    case config::TrailingSlash::ignore:
      options.trailing_slash = contract::TrailingSlash::ignore;
      break;
  }
  return options;
}

std::string digest_of_file(const std::filesystem::path& file) {
  return digest_of({base::read_file(file).text});
}

LoadedContract load_contract(const config::Settings& settings) {
  LoadedContract loaded;
  auto read = contract::Document::read_tree(settings.api);
  loaded.problems = std::move(read.problems);
  if (!read.document) return loaded;
  loaded.digest = digest_of_files(read.document->files());
  const auto options = compile_options(settings);
  auto compiled = contract::Contract::compile(*read.document, options);
  append(loaded.problems, std::move(compiled.problems));
  if (compiled.unusable_operations > 0 && !options.skips_unusable_operations) {
    loaded.problems.push_back(
        {contract::Severity::error,
         {settings.api.string(), 0, 0},
         "with 'contract: {unusable_operations: skip}' in the configuration what can't be used of "
         "this description is left out, and the rest is served"});
  }
  if (!has_error(loaded.problems)) loaded.contract = std::move(compiled.contract);
  return loaded;
}

std::vector<std::string> operation_ids(const contract::Contract& contract) {
  std::vector<std::string> ids;
  for (const auto& operation : contract.operations()) ids.push_back(operation.id());
  return ids;
}

LoadedFiles load_files(config::Loaded config) {
  LoadedFiles files{std::move(config.settings), {}, std::move(config.problems)};
  const auto& readable = files.settings ? files.settings : config.draft;
  if (!readable) return files;
  if (!readable->api.empty()) files.api = load_contract(*readable);
  append(files.problems, std::move(files.api.problems));
  if (files.usable()) return files;
  const auto& keys_file = readable->access.keys_file;
  if (files.api.contract != nullptr) {
    append(files.problems, build_runtime(*readable, files.api.contract).problems);
  } else if (!keys_file.empty()) {
    append(files.problems, config::load_keys(keys_file).problems);
  }
  return files;
}

BuiltRuntime build_runtime(const config::Settings& settings, std::shared_ptr<const contract::Contract> contract,
                           BuildOptions options) {
  return Builder(settings, std::move(contract), std::move(options)).build();
}

BuiltRuntime with_keys(const Runtime& runtime, BuildOptions options) {
  auto next = std::make_shared<Runtime>(runtime);
  BuiltRuntime built{nullptr, load_keys(*next, std::move(options))};
  if (!has_error(built.problems)) built.runtime = std::move(next);
  return built;
}

std::shared_ptr<const Runtime> with_credential(const Runtime& runtime, const config::Secret& value) {
  auto next = std::make_shared<Runtime>(runtime);
  next->settings.upstream.credential->value = value;
  set_credential(*next);
  return next;
}

}  // namespace pgw::pipeline
