// From the config file to Settings.
#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/reader.h"
#include "config/secret_file.h"
#include "config/settings.h"
#include "config/settings_schema.h"

namespace pgw::config {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::uint64_t kibi = 1024;
constexpr std::uint64_t mebi = kibi * kibi;
constexpr std::uint64_t gibi = kibi * mebi;
constexpr unsigned most_workers = 1'024;

/// The characters of a field name (RFC 9110 section 5.6.2).
bool is_field_name(std::string_view name) {
  constexpr std::string_view also = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

/// Fields that say where a message goes or where it ends: a credential there would break every request.
bool is_reserved_field(std::string_view name) {
  static constexpr std::array<std::string_view, 6> reserved{"host", "content-length", "transfer-encoding", "connection",
                                                            "te",   "upgrade"};
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(reserved.begin(), reserved.end(), folded) != reserved.end();
}

class Loader {
 public:
  Loader(Reader& reader, const std::filesystem::path& file, Purpose purpose, const UpstreamCredential* running)
      : reader_(reader), purpose_(purpose), running_(running), base_(file.parent_path()) {
    settings_.file = file;
  }

  Settings load() {
    listeners();
    api();
    upstream(root_.at("upstream"));
    workers();
    access(root_.at("access"));
    validation(root_.at("validation"));
    cache(root_.at("cache"));
    limits(root_.at("limits"));
    log(root_.at("log"));
    settings_.places = reader_.places();
    settings_.from_environment = reader_.from_environment();
    return std::move(settings_);
  }

 private:
  void listeners() {
    root_.read_address("listen", settings_.listen);
    root_.read_address("admin", settings_.admin);
    if (!settings_.listen.overlaps(settings_.admin)) return;
    reader_.error(root_.pointer(root_.has("admin") ? "admin" : "listen"),
                  settings_.listen == settings_.admin
                      ? "listen and admin are the same address"
                      : "listen and admin have the same port, and one of them is every address of this machine");
  }

  void workers() {
    const unsigned connections = settings_.upstream.max_connections;
    settings_.workers = std::max(1U, std::min({std::thread::hardware_concurrency(), most_workers, connections}));
    const json* value = reader_.find("/workers");
    if (value == nullptr) return;
    std::uint64_t number = 0;
    if (value->is_string()) {
      const auto& text = value->get_ref<const std::string&>();
      if (text == "auto") return;
      // A number that came from the environment is still text.
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size()) number = 0;
    } else if (value->is_number_integer() && *value > 0) {
      number = value->get<std::uint64_t>();
    }
    if (number < 1 || number > most_workers) {
      reader_.error("/workers", "auto, or a number from 1 to " + std::to_string(most_workers) + " expected");
    } else if (number > connections && connections > 0) {
      reader_.error("/workers",
                    "must not be more than upstream.max_connections: each worker has connections of its own");
    } else {
      settings_.workers = static_cast<unsigned>(number);
    }
  }

  void api() {
    settings_.api = (base_ / "projects-v4.openapi.yaml").lexically_normal();
    readable_file(root_, "api", settings_.api);
  }

  /// A file that must be there; without the key it is the one that `into` names already, if any.
  void readable_file(const Section& section, std::string_view key, std::filesystem::path& into) {
    if (auto path = section.file(key, base_)) {
      into = *std::move(path);
    } else if (into.empty() || reader_.find(section.pointer(key)) != nullptr) {
      return;
    }
    if (const auto why = why_unreadable(into); !why.empty()) {
      reader_.error(section.pointer(key), quotable(section.pointer(key), into) + " can't be read: " + why);
    }
  }

  /// A path in a message: its name in full, unless a part of it came from the environment.
  std::string quotable(const std::string& pointer, const std::filesystem::path& path,
                       const char* otherwise = "the file") const {
    return reader_.is_literal(pointer) ? path.string() : otherwise;
  }

  void upstream(const Section& section) {
    auto& upstream = settings_.upstream;
    section.read_duration("connect_timeout", upstream.connect_timeout, 1ms);
    section.read_duration("timeout", upstream.timeout, 1ms);
    section.read("max_connections", upstream.max_connections);
    section.read("max_waiting", upstream.max_waiting);
    section.read("retries", upstream.retries);
    const Section breaker = section.at("breaker");
    breaker.read("failures", upstream.breaker.failures);
    breaker.read_duration("open_for", upstream.breaker.open_for, 1ms);
    if (purpose_ == Purpose::sandbox) return;

    url(section);
    readable_file(section, "ca_file", upstream.ca_file);
    if (section.has("credential")) credential(section.at("credential"));
  }

  void url(const Section& section) {
    const auto text = section.text("url");
    if (!text) return;
    auto parsed = parse_url(*text);
    if (!parsed.url) {
      reader_.error(section.pointer("url"), parsed.failure);
      return;
    }
    settings_.upstream.url = *std::move(parsed.url);
    const auto& url = settings_.upstream.url;
    if (url.scheme == "http" && !url.is_loopback() && section.has("credential")) {
      reader_.warning(section.pointer("url"), "the credential travels unencrypted; use https");
    }
  }

  void credential(const Section& section) {
    auto& credential = settings_.upstream.credential.emplace();
    if (const auto header = section.text("header")) {
      credential.header = *header;
      if (!is_field_name(*header) || is_reserved_field(*header)) {
        reader_.error(section.pointer("header"), "the name of a header field expected, e.g. X-API-KEY");
      }
    }
    const bool value = section.has("value");
    const bool file = section.has("value_file");
    if (value && file) {
      reader_.error(section.pointer(), "has both value and value_file; give one");
      return;
    }
    if (value) credential_value(section, credential);
    if (file) credential_file(section, credential);
    const bool neither = !value && !file;
    // What is there but wrong has been reported already.
    if (neither && !section.named("value") && !section.named("value_file")) {
      reader_.error(section.pointer(), "needs value or value_file");
    }
  }

  void credential_value(const Section& section, UpstreamCredential& credential) {
    const std::string pointer = section.pointer("value");
    json* value = reader_.find(pointer);
    if (!value->is_string()) return;
    auto& text = value->get_ref<std::string&>();
    credential.value = Secret(text);
    const bool unusable = has_control_character(text);
    wipe(text.data(), text.size());
    if (credential.value.empty()) reader_.error(pointer, "is empty");
    if (unusable) reader_.error(pointer, "has a control character");
    if (reader_.is_literal(pointer)) {
      reader_.warning(pointer, "the secret stands in this file; ${NAME} or value_file keeps it out");
    }
  }

  void credential_file(const Section& section, UpstreamCredential& credential) {
    const std::string pointer = section.pointer("value_file");
    const auto path = section.file("value_file", base_);
    if (!path) return;
    credential.value_file = *path;
    const auto content = read_secret(*path);
    if (!content.value) {
      // The path isn't quoted: whoever mistakes this key for `value` has a secret here.
      const std::string failure = "the file can't be used: " + content.failure;
      if (running_ == nullptr || running_->value_file != *path) return reader_.error(pointer, failure);
      credential.value = running_->value;
      return reader_.warning(pointer, failure + "; the last good value stays");
    }
    credential.value = *content.value;
    warn_if_world_readable(reader_, pointer, *path);
  }

  void access(const Section& section) {
    auto& access = settings_.access;
    section.read("mode", access.mode, std::array{AccessMode::keys, AccessMode::open});
    section.read("rate_charge", access.rate_charge, std::array{RateCharge::upstream, RateCharge::all});
    if (access.mode == AccessMode::open) {
      if (!settings_.listen.is_loopback()) {
        reader_.warning(section.pointer("mode"), "everyone who reaches the listener may call without a key");
      }
      return;
    }
    if (purpose_ == Purpose::sandbox) return;
    access.keys_file = (base_ / "keys.yaml").lexically_normal();
    readable_file(section, "keys_file", access.keys_file);
    warn_if_world_readable(reader_, section.pointer("keys_file"), access.keys_file);
  }

  void validation(const Section& section) {
    constexpr std::array checks{Check::enforce, Check::report, Check::off};
    section.read("requests", settings_.validation.requests, checks);
    section.read("responses", settings_.validation.responses, checks);
  }

  void cache(const Section& section) {
    section.read_size("max_size", settings_.cache.max_size, mebi, kibi * gibi);
    settings_.cache.safe_operations = section.texts("safe_operations");
    settings_.cache.targeted_field = section.text("targeted_field").value_or("");
    cache_file(section);
    const Section rules = section.at("rules");
    for (const auto& id : rules.keys()) settings_.cache.rules.emplace(id, rule(rules.at(id)));
  }

  void cache_file(const Section& section) {
    const auto path = section.file("file", base_);
    if (!path) return;
    settings_.cache.file = *path;
    std::error_code ignored;
    if (!std::filesystem::is_directory(path->parent_path(), ignored)) {
      const std::string pointer = section.pointer("file");
      reader_.error(pointer, "there is no folder " + quotable(pointer, path->parent_path(), "for the file"));
    }
  }

  static CacheRule rule(const Section& section) {
    CacheRule rule;
    const auto read = [&](std::string_view key, std::optional<std::chrono::milliseconds>& into) {
      if (section.has(key)) section.read_duration(key, into.emplace(), 0ms);
    };
    read("ttl", rule.ttl);
    read("stale_while_revalidate", rule.stale_while_revalidate);
    read("stale_if_error", rule.stale_if_error);
    rule.invalidates = section.texts("invalidates");
    rule.primes = section.text("primes").value_or("");
    return rule;
  }

  void limits(const Section& section) {
    auto& limits = settings_.limits;
    section.read_size("max_body", limits.max_body, 1, gibi);
    section.read_size("max_header", limits.max_header, kibi, 16 * mebi);
    section.read_size("max_target", limits.max_target, 256, 16 * mebi);
    section.read_duration("header_timeout", limits.header_timeout, 1ms);
    section.read_duration("body_timeout", limits.body_timeout, 1ms);
    section.read_duration("write_timeout", limits.write_timeout, 1ms);
    section.read_duration("idle_timeout", limits.idle_timeout, 1ms);
    section.read_duration("drain_timeout", limits.drain_timeout, 0ms);
    if (section.has("max_target") && limits.max_target > limits.max_header) {
      reader_.error(section.pointer("max_target"), "must not be more than max_header, which includes it");
    }
  }

  void log(const Section& section) {
    auto& log = settings_.log;
    section.read("level", log.level, std::array{LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error});
    section.read("format", log.format, std::array{LogFormat::json, LogFormat::text});
    section.read("access", log.access);
  }

  Reader& reader_;
  const Purpose purpose_;
  const UpstreamCredential* const running_;
  const std::filesystem::path base_;
  const Section root_{reader_, ""};
  Settings settings_;
};

/// What the caller of `Purpose::sandbox` brings itself. Its schema wants an upstream all the same.
void leave_out_what_the_sandbox_brings(Reader& reader) {
  for (const char* pointer : {"/upstream/credential", "/upstream/ca_file", "/access/keys_file"}) reader.erase(pointer);
  reader.set("/upstream/url", "http://localhost");
}

Loaded load(const std::filesystem::path& path, const Environment& environment, Purpose purpose,
            const UpstreamCredential* running) {
  const auto file = std::filesystem::absolute(path).lexically_normal();
  Reader reader(path);
  Loaded loaded;
  if (reader.readable()) {
    if (purpose == Purpose::sandbox) leave_out_what_the_sandbox_brings(reader);
    reader.check(settings_schema_text(), &environment);
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
