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
#include "gateway/pipeline/connection_limits.h"

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

/// How many path segments the operations have in common before the first that names a collection.
std::size_t common_base(const contract::Contract& contract) {
  std::vector<std::vector<cache::Segment>> paths;
  for (const auto& operation : contract.operations()) {
    auto& path = paths.emplace_back();
    for (const auto& segment : operation.segments()) path.push_back({segment.text, segment.is_parameter});
  }
  return paths.empty() ? 0 : cache::shared_base(paths);
}

upstream::Target target_of(const config::Upstream& from) {
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
  return target;
}

}  // namespace

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
  auto runtime = std::make_shared<Runtime>();
  runtime->settings = settings;
  runtime->contract = std::move(contract);
  runtime->contract_digest = options.contract_digest;
  runtime->limits = connection_limits(settings, *runtime->contract);
  runtime->base_segments = common_base(*runtime->contract);
  runtime->target = std::make_shared<const upstream::Target>(target_of(settings.upstream));
  auto problems = config::check_operations(settings, operation_ids(*runtime->contract));
  runtime->policies = make_policies(settings, *runtime->contract, problems);
  set_credential(*runtime);
  append(problems, load_keys(*runtime, std::move(options)));
  if (has_error(problems)) return {nullptr, std::move(problems)};
  return {std::move(runtime), std::move(problems)};
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
