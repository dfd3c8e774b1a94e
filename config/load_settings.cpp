// From the config file to Settings.
#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "config/admin_tokens.h"
#include "config/file_access.h"
#include "config/pem_file.h"
#include "config/reader.h"
#include "config/secret_file.h"
#include "config/settings.h"
#include "config/settings_table.h"

namespace pgw::config {
namespace {

/// Fields with a meaning of their own: a credential there would break requests, or come out in halves (Range).
bool is_reserved_field(std::string_view name) {
  static constexpr std::string_view reserved[] = {"age",
                                                  "cache-control",
                                                  "connection",
                                                  "content-digest",
                                                  "content-disposition",
                                                  "cookie",
                                                  "date",
                                                  "expect",
                                                  "forwarded",
                                                  "from",
                                                  "host",
                                                  "http2-settings",
                                                  "idempotency-key",
                                                  "keep-alive",
                                                  "last-modified",
                                                  "location",
                                                  "max-forwards",
                                                  "origin",
                                                  "pragma",
                                                  "prefer",
                                                  "priority",
                                                  "proxy-authorization",
                                                  "proxy-connection",
                                                  "range",
                                                  "referer",
                                                  "set-cookie",
                                                  "te",
                                                  "traceparent",
                                                  "tracestate",
                                                  "trailer",
                                                  "transfer-encoding",
                                                  "upgrade",
                                                  "user-agent",
                                                  "vary",
                                                  "via",
                                                  "x-http-method-override",
                                                  "x-real-ip"};
  static constexpr std::string_view reserved_beginnings[] = {"accept", "content-", "if-", "sec-", "x-forwarded-"};
  const std::string folded = base::to_lower(name);
  return std::ranges::count(reserved, folded) > 0 ||
         std::ranges::any_of(reserved_beginnings, [&](auto beginning) { return folded.starts_with(beginning); });
}

/// The part of a credential that is secret: "Bearer TOKEN" has a word before it.
std::string_view secret_part(const UpstreamCredential& credential) {
  const std::string_view value = credential.value.reveal();
  const auto space = base::iequals(credential.header, "authorization") ? value.find(' ') : std::string_view::npos;
  return space == std::string_view::npos ? value : value.substr(space + 1);
}

/// Of the machine, or of the container where that has less; 0: unknown.
std::uint64_t machine_memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page = ::sysconf(_SC_PAGESIZE);
  std::uint64_t memory =
      pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : 0;
  std::uint64_t of_container = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> of_container)
    memory = std::min(memory, of_container);  // else "max"
  return memory;
}

/// What rows can't say: relations of settings, and the files that they name.
class Loader {
 public:
  Loader(Reader& reader, const std::filesystem::path& file, Purpose purpose, const UpstreamCredential* running,
         const Overrides& overrides)
      : reader_(reader), purpose_(purpose), running_(running), overrides_(overrides) {
    settings_.file = file;
    settings_.workers = 0;  // as many as there are threads
    settings_.api = reader.folder() / "projects-v4.openapi.yaml";
    settings_.access.keys_file = reader.folder() / "keys.yaml";
  }

  Settings load() {
    settings_table().read(root_, settings_);
    warn_of_writers("", settings_.file);
    listeners();
    admin_tokens();
    trusted_proxies();
    workers();
    if (readable_file("/api", settings_.api)) warn_of_writers("/api", settings_.api);
    limits();
    cache_size();
    cache_rules(root_.at("cache").at("rules"));
    cache_file();
    if (purpose_ == Purpose::serve) upstream(root_.at("upstream"));
    access(root_.at("access"));
    settings_.places = reader_.places();
    settings_.from_environment = reader_.from_environment();
    return std::move(settings_);
  }

  /// Of the files that the settings name, beyond what stands at the settings themselves.
  std::vector<contract::Problem> take_problems_of_other_files() { return std::move(of_other_files_); }

 private:
  void listeners() {
    settings_.listen = overrides_.listen.value_or(settings_.listen);
    settings_.admin = overrides_.admin.value_or(settings_.admin);
    if (overrides_.admin_token_file) settings_.admin_token_file = *overrides_.admin_token_file;
    if (settings_.listen.overlaps(settings_.admin)) {
      root_.error(root_.has("admin") ? "admin" : "listen",
                  settings_.listen == settings_.admin
                      ? "listen and admin are the same address"
                      : "listen and admin have the same port, and one of them is every address of this machine");
    }
    if (!settings_.listen.is_loopback()) {
      reader_.warning("/listen",
                      "keys and answers leave this machine unencrypted; put a balancer with TLS before the gateway");
    }
    if (settings_.admin.is_loopback()) return;
    if (root_.named("admin_token_file") || overrides_.admin_token_file) {
      reader_.warning("/admin",
                      "tokens and answers leave this machine unencrypted; keep the address to the operators' network");
    } else {
      root_.error("admin", "others than this machine reach this address, so it wants an admin_token_file");
    }
  }

  void admin_tokens() {
    const auto& file = settings_.admin_token_file;
    if (file.empty() || !readable_file("/admin_token_file", settings_.admin_token_file)) return;
    // The lines that are wrong are named in the file that has them; in the order of that file, behind this one's.
    auto loaded = load_admin_tokens(file);
    std::move(loaded.problems.begin(), loaded.problems.end(), std::back_inserter(of_other_files_));
  }

  void trusted_proxies() {
    if (std::ranges::any_of(settings_.trusted_proxies, &base::IpNetwork::is_everything)) {
      reader_.warning("/trusted_proxies",
                      "every client is believed what it says of its address; name the balancers alone");
    }
  }

  void workers() {
    const unsigned connections = settings_.upstream.max_connections;
    if (settings_.workers == 0) {
      settings_.workers = std::max(1U, std::min({std::thread::hardware_concurrency(), Workers::most, connections}));
    } else if (settings_.workers > connections && connections > 0) {
      root_.error("workers", "must not be more than upstream.max_connections: each worker has connections of its own");
    }
  }

  /// Nothing is said of a path that isn't set. One that can't be read is said and taken away, so that nobody tries.
  bool readable_file(const std::string& pointer, std::filesystem::path& path) {
    if (path.empty()) return false;
    const auto why = why_unreadable(path);
    if (why.empty()) return true;
    reader_.error(pointer, quotable(pointer, path) + " can't be read: " + why);
    path.clear();
    return false;
  }

  void warn_of_writers(const std::string& pointer, const std::filesystem::path& path) {
    if (const auto who = who_else_may_write(path); !who.empty()) reader_.warning(pointer, who);
  }

  void warn_of_readers(const std::string& pointer, const std::filesystem::path& path) {
    if (const auto who = who_else_may_read(path); !who.empty()) reader_.warning(pointer, who);
  }

  /// A path in a message: its name in full, unless a part of it came from the environment.
  std::string quotable(const std::string& pointer, const std::filesystem::path& path,
                       const char* otherwise = "the file") const {
    return reader_.is_literal(pointer) ? path.string() : otherwise;
  }

  void upstream(const Section& section) {
    auto& upstream = settings_.upstream;
    if (upstream.credential) {
      if (upstream.url.scheme == "http" && !upstream.url.is_loopback()) {
        reader_.warning(section.pointer("url"), "the credential travels unencrypted; use https");
      }
      credential(section.at("credential"), *upstream.credential);
    }
    const std::string ca_file = section.pointer("ca_file");
    if (readable_file(ca_file, upstream.ca_file)) {
      warn_of_writers(ca_file, upstream.ca_file);
      if (const auto fault = certificates_fault(upstream.ca_file); !fault.empty()) reader_.error(ca_file, fault);
    }
    client_certificate(section);
  }

  void client_certificate(const Section& section) {
    auto& upstream = settings_.upstream;
    if (section.named("client_certificate") != section.named("client_key")) {
      return section.error(section.named("client_key") ? "client_key" : "client_certificate",
                           "needs the other one of client_certificate and client_key");
    }
    const std::string certificate = section.pointer("client_certificate");
    if (readable_file(certificate, upstream.client_certificate)) {
      const auto fault = certificates_fault(upstream.client_certificate);
      if (!fault.empty()) reader_.error(certificate, fault);
    }
    const std::string key = section.pointer("client_key");
    if (readable_file(key, upstream.client_key)) {
      if (const auto fault = private_key_fault(upstream.client_key); !fault.empty()) reader_.error(key, fault);
    }
  }

  void credential(const Section& section, UpstreamCredential& credential) {
    if (section.has("header") && is_reserved_field(credential.header)) {
      section.error("header", "this field has a meaning of its own in HTTP; take one for credentials, e.g. X-API-KEY");
    }
    const bool value = section.has("value");
    const bool file = section.has("value_file");
    if (value && file) return reader_.error(section.pointer(), "has both value and value_file; give one");
    if (value && reader_.is_literal(section.pointer("value"))) {
      reader_.warning(section.pointer("value"), "the secret stands in this file; ${NAME} or value_file keeps it out");
    }
    if (file) credential_file(section, credential);
    // What is there but wrong has been reported already.
    if (!section.named("value") && !section.named("value_file")) {
      return reader_.error(section.pointer(), "needs value or value_file");
    }
    if (!credential.value.empty() && secret_part(credential).size() < least_secret) {
      section.error(
          value ? "value" : "value_file",
          "the credential has less than 16 characters: too few to be told from other text and kept from the teams");
    }
  }

  void credential_file(const Section& section, UpstreamCredential& credential) {
    const auto content = read_secret(credential.value_file);
    if (!content.value) {
      // The path isn't quoted: an operator who mistakes this key for `value` has a secret here.
      const std::string failure = "the file can't be used: " + content.failure;
      if (running_ == nullptr || running_->value_file != credential.value_file) {
        return section.error("value_file", failure);
      }
      credential.value = running_->value;
      return reader_.warning(section.pointer("value_file"), failure + "; the last good value stays");
    }
    credential.value = *content.value;
    warn_of_readers(section.pointer("value_file"), credential.value_file);
  }

  void access(const Section& section) {
    auto& access = settings_.access;
    if (access.mode == AccessMode::open && !settings_.listen.is_loopback()) {
      reader_.warning(section.pointer("mode"), "everyone who reaches the listener may call without a key");
    }
    if (access.mode == AccessMode::open || purpose_ == Purpose::sandbox) return access.keys_file.clear();
    if (readable_file(section.pointer("keys_file"), access.keys_file)) {
      warn_of_readers(section.pointer("keys_file"), access.keys_file);
    }
  }

  void cache_file() {
    const auto& file = settings_.cache.file;
    std::error_code ignored;
    if (file.empty() || std::filesystem::is_directory(file.parent_path(), ignored)) return;
    reader_.error("/cache/file", "there is no folder " + quotable("/cache/file", file.parent_path(), "for the file"));
  }

  void cache_size() {
    const auto memory = machine_memory();
    if (memory > 0 && settings_.cache.max_size > memory) {
      reader_.error("/cache/max_size", "this machine has less memory: " + std::to_string(memory >> 20U) + "MiB");
    }
  }

  void cache_rules(const Section& rules) {
    for (const auto& [id, rule] : settings_.cache.rules) {
      if (rule.stale_while_revalidate && !rules.at(id).named("ttl")) {
        rules.at(id).error("stale_while_revalidate", "needs a ttl: without one the rule makes nothing fresh or stale");
      }
    }
  }

  void limits() {
    const Section section = root_.at("limits");
    if (section.has("max_target") && settings_.limits.max_target > settings_.limits.max_header) {
      section.error("max_target", "must not be more than max_header, which includes it");
    }
  }

  Reader& reader_;
  const Purpose purpose_;
  const UpstreamCredential* const running_;
  const Section root_{reader_, ""};
  const Overrides& overrides_;
  Settings settings_;
  std::vector<contract::Problem> of_other_files_;
};

/// What the caller of `Purpose::sandbox` brings itself. Its schema wants an upstream all the same.
void leave_out_what_the_sandbox_brings(Reader& reader) {
  for (const char* pointer : {"/upstream/credential", "/upstream/ca_file", "/upstream/client_certificate",
                              "/upstream/client_key", "/upstream/proxy", "/access/keys_file"}) {
    reader.erase(pointer);
  }
  reader.set("/upstream/url", "http://localhost");
}

bool is_error(const contract::Problem& problem) {
  return problem.severity == contract::Severity::error;
}

Loaded load(const std::filesystem::path& path, const Environment& environment, Purpose purpose,
            const UpstreamCredential* running, const Overrides& overrides) {
  const auto file = std::filesystem::absolute(path).lexically_normal();
  Reader reader(path);
  Loaded loaded;
  std::vector<contract::Problem> of_other_files;
  std::optional<Settings> settings;
  if (reader.readable()) {
    if (purpose == Purpose::sandbox) leave_out_what_the_sandbox_brings(reader);
    reader.check(settings_table().schema(), &environment);
    Loader loader(reader, file, purpose, running, overrides);
    settings = loader.load();
    of_other_files = loader.take_problems_of_other_files();
  }
  loaded.problems = reader.take_problems();
  std::move(of_other_files.begin(), of_other_files.end(), std::back_inserter(loaded.problems));
  (std::ranges::any_of(loaded.problems, is_error) ? loaded.draft : loaded.settings) = std::move(settings);
  return loaded;
}

}  // namespace

Loaded load_settings(const std::filesystem::path& path, const Environment& environment, Purpose purpose,
                     const UpstreamCredential* running, const Overrides& overrides) {
  try {
    return load(path, environment, purpose, running, overrides);
  } catch (const std::exception& failure) {
    // Out of memory, or a directory that vanished: nothing that has a place in the file.
    return {std::nullopt, std::nullopt, {{contract::Severity::error, {path.string(), 0, 0}, failure.what()}}};
  }
}

}  // namespace pgw::config
