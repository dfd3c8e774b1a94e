// From the config file to Settings.
#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"
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

/// What rows can't say: relations of settings, and the files that they name.
class Loader {
 public:
  Loader(Reader& reader, const std::filesystem::path& file, Purpose purpose, const UpstreamCredential* running)
      : reader_(reader), purpose_(purpose), running_(running) {
    settings_.file = file;
    settings_.workers = 0;  // as many as there are threads
    settings_.api = reader.folder() / "projects-v4.openapi.yaml";
    settings_.access.keys_file = reader.folder() / "keys.yaml";
  }

  Settings load() {
    settings_table().read(root_, settings_);
    listeners();
    workers();
    readable_file("/api", settings_.api);
    limits();
    cache_file();
    if (purpose_ == Purpose::serve) upstream(root_.at("upstream"));
    access(root_.at("access"));
    settings_.places = reader_.places();
    settings_.from_environment = reader_.from_environment();
    return std::move(settings_);
  }

 private:
  void listeners() {
    if (!settings_.listen.overlaps(settings_.admin)) return;
    root_.error(root_.has("admin") ? "admin" : "listen",
                settings_.listen == settings_.admin
                    ? "listen and admin are the same address"
                    : "listen and admin have the same port, and one of them is every address of this machine");
  }

  void workers() {
    const unsigned connections = settings_.upstream.max_connections;
    if (settings_.workers == 0) {
      settings_.workers = std::max(1U, std::min({std::thread::hardware_concurrency(), Workers::most, connections}));
    } else if (settings_.workers > connections && connections > 0) {
      root_.error("workers", "must not be more than upstream.max_connections: each worker has connections of its own");
    }
  }

  /// Nothing is said of a path that isn't set.
  void readable_file(const std::string& pointer, const std::filesystem::path& path) {
    if (path.empty()) return;
    if (const auto why = why_unreadable(path); !why.empty()) {
      reader_.error(pointer, quotable(pointer, path) + " can't be read: " + why);
    }
  }

  /// A path in a message: its name in full, unless a part of it came from the environment.
  std::string quotable(const std::string& pointer, const std::filesystem::path& path,
                       const char* otherwise = "the file") const {
    return reader_.is_literal(pointer) ? path.string() : otherwise;
  }

  void upstream(const Section& section) {
    const auto& upstream = settings_.upstream;
    if (upstream.credential) {
      if (upstream.url.scheme == "http" && !upstream.url.is_loopback()) {
        reader_.warning(section.pointer("url"), "the credential travels unencrypted; use https");
      }
      credential(section.at("credential"), *settings_.upstream.credential);
    }
    readable_file(section.pointer("ca_file"), upstream.ca_file);
    readable_file(section.pointer("client_certificate"), upstream.client_certificate);
    readable_file(section.pointer("client_key"), upstream.client_key);
    if (section.named("client_certificate") != section.named("client_key")) {
      section.error(section.named("client_key") ? "client_key" : "client_certificate",
                    "needs the other one of client_certificate and client_key");
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
    warn_if_world_readable(reader_, section.pointer("value_file"), credential.value_file);
  }

  void access(const Section& section) {
    auto& access = settings_.access;
    if (access.mode == AccessMode::open && !settings_.listen.is_loopback()) {
      reader_.warning(section.pointer("mode"), "everyone who reaches the listener may call without a key");
    }
    if (access.mode == AccessMode::open || purpose_ == Purpose::sandbox) return access.keys_file.clear();
    readable_file(section.pointer("keys_file"), access.keys_file);
    warn_if_world_readable(reader_, section.pointer("keys_file"), access.keys_file);
  }

  void cache_file() {
    const auto& file = settings_.cache.file;
    std::error_code ignored;
    if (file.empty() || std::filesystem::is_directory(file.parent_path(), ignored)) return;
    reader_.error("/cache/file", "there is no folder " + quotable("/cache/file", file.parent_path(), "for the file"));
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
  Settings settings_;
};

/// What the caller of `Purpose::sandbox` brings itself. Its schema wants an upstream all the same.
void leave_out_what_the_sandbox_brings(Reader& reader) {
  for (const char* pointer : {"/upstream/credential", "/upstream/ca_file", "/upstream/client_certificate",
                              "/upstream/client_key", "/upstream/proxy", "/access/keys_file"}) {
    reader.erase(pointer);
  }
  reader.set("/upstream/url", "http://localhost");
}

Loaded load(const std::filesystem::path& path, const Environment& environment, Purpose purpose,
            const UpstreamCredential* running) {
  const auto file = std::filesystem::absolute(path).lexically_normal();
  Reader reader(path);
  Loaded loaded;
  if (reader.readable()) {
    if (purpose == Purpose::sandbox) leave_out_what_the_sandbox_brings(reader);
    reader.check(settings_table().schema(), &environment);
    Settings settings = Loader(reader, file, purpose, running).load();
    if (!reader.has_errors()) loaded.settings = std::move(settings);
  }
  loaded.problems = reader.take_problems();
  return loaded;
}

}  // namespace

Loaded load_settings(const std::filesystem::path& path, const Environment& environment, Purpose purpose,
                     const UpstreamCredential* running) {
  try {
    return load(path, environment, purpose, running);
  } catch (const std::exception& failure) {
    // Out of memory, or a directory that vanished: nothing that has a place in the file.
    return {std::nullopt, {{contract::Severity::error, {path.string(), 0, 0}, failure.what()}}};
  }
}

}  // namespace pgw::config
