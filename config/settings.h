// The config file as typed, checked values.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "config/secret.h"
#include "contract/document.h"

namespace pgw::config {

/// HOST:PORT to listen on; port 0 means any free one.
struct Address {
  std::string host;  ///< an IPv4 or IPv6 address (without brackets) or a host name
  std::uint16_t port = 0;

  std::string text() const;  ///< "127.0.0.1:8080", "[::1]:8080"
  bool is_loopback() const;  ///< 127.0.0.0/8, ::1 or localhost
  /// Whether one machine can't listen on both: the same port, and the same host or one that is every address.
  bool overlaps(const Address& other) const;
  bool operator==(const Address&) const = default;
};
/// "127.0.0.1:8080", "[::]:8080", "localhost:0"; nullopt for anything else.
std::optional<Address> parse_address(std::string_view text);

/// An absolute http or https URL without user information, query and fragment.
struct Url {
  std::string scheme;      ///< "http" or "https"
  std::string host;        ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  ///< the scheme's own when the URL names none
  std::string path;        ///< "" or "/v4": never a trailing slash

  std::string text() const;  ///< what `upstream::Target::base_url` takes; a default port is left out
  bool is_loopback() const;
  bool operator==(const Url&) const = default;
};
/// A URL, or what is wrong with it (never quoting it).
struct ParsedUrl {
  std::optional<Url> url;
  std::string failure;
};
ParsedUrl parse_url(std::string_view text);

struct UpstreamCredential {
  std::string header = "X-API-KEY";
  Secret value;                      ///< of `value`, or what `value_file` held when the config was loaded
  std::filesystem::path value_file;  ///< empty, or absolute: follow it with `SecretFile`
};

struct BreakerSettings {
  std::uint32_t failures = 10;  ///< consecutive ones that open it; 0 switches it off
  std::chrono::milliseconds open_for{5'000};
  bool operator==(const BreakerSettings&) const = default;
};

struct Upstream {
  Url url;
  std::optional<UpstreamCredential> credential;  ///< nullopt: the upstream wants none
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds timeout{30'000};  ///< the whole exchange
  std::uint32_t max_connections = 64;         ///< of all workers together; at least one for each
  std::uint32_t max_waiting = 1'024;  ///< requests that may wait for a connection, of all workers; more are refused
  std::uint32_t retries = 2;          ///< of safe methods only
  std::filesystem::path ca_file;      ///< PEM bundle, absolute; empty: the system's
  BreakerSettings breaker;
};

enum class AccessMode { keys, open };
enum class RateCharge {
  upstream,  ///< only requests that reach the upstream count
  all,       ///< every authorised request counts
};
struct Access {
  AccessMode mode = AccessMode::keys;
  std::filesystem::path keys_file;  ///< absolute; set whenever mode is keys
  RateCharge rate_charge = RateCharge::upstream;
};

enum class Check { enforce, report, off };
struct Validation {
  Check requests = Check::enforce;
  Check responses = Check::report;
};

/// By operationId. Durations apply to responses without explicit freshness of their own.
struct CacheRule {
  std::optional<std::chrono::milliseconds> ttl;
  std::optional<std::chrono::milliseconds> stale_while_revalidate;
  std::optional<std::chrono::milliseconds> stale_if_error;
  /// What this write makes stale beyond what its path says: operationIds, and tags as paths ("/projects",
  /// "/projects/{id}" with the operation's own parameters). A leading slash tells them apart.
  std::vector<std::string> invalidates;
  /// The operationId of a GET whose answer the response to this write also is; empty: none.
  std::string primes;
};
struct CacheSettings {
  std::uint64_t max_size = 256ULL * 1024 * 1024;
  std::filesystem::path file;  ///< where the cache is kept from a drain to the next start, absolute; empty: nowhere
  std::map<std::string, CacheRule, std::less<>> rules;
  std::vector<std::string> safe_operations;  ///< operationIds of unsafe methods that change nothing
  std::string targeted_field;                ///< obeyed before Cache-Control (RFC 9213); empty: none
};

struct LimitSettings {
  std::uint64_t max_body = 1024ULL * 1024;
  std::uint64_t max_header = 32ULL * 1024;
  std::uint64_t max_target = 8ULL * 1024;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds drain_timeout{30'000};
};

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { json, text };
struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::json;
  bool access = true;
};

struct Settings {
  Address listen{"127.0.0.1", 8080};
  Address admin{"127.0.0.1", 9180};
  unsigned workers = 1;       ///< `auto` is the number of hardware threads, at most upstream.max_connections
  std::filesystem::path api;  ///< the OpenAPI document, absolute
  Upstream upstream;
  Access access;
  Validation validation;
  CacheSettings cache;
  LimitSettings limits;
  LogSettings log;

  std::filesystem::path file;  ///< where this was loaded from, absolute; empty for settings made in code
  /// Where each value stands in `file`, by JSON pointer ("/cache/rules/Projects_list"), for problems found later.
  std::map<std::string, contract::Place, std::less<>> places;
  /// The pointers of texts that came from the environment, in whole or in part: no problem may quote them.
  std::set<std::string, std::less<>> from_environment;
};

std::string_view to_string(AccessMode mode);
std::string_view to_string(RateCharge charge);
std::string_view to_string(Check check);
std::string_view to_string(LogLevel level);
std::string_view to_string(LogFormat format);

/// Looks a variable up; nullopt when it isn't set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

enum class Purpose {
  serve,
  /// `serve --sandbox`: the caller brings upstream and keys itself, so upstream.url, upstream.credential,
  /// upstream.ca_file and access.keys_file are neither expanded nor opened nor required.
  sandbox,
};

struct Loaded {
  std::optional<Settings> settings;         ///< set when no problem is an error
  std::vector<contract::Problem> problems;  ///< errors and warnings in the order of the file
};

/// Reads and checks a config file: syntax, structure (config/settings_schema.h), names, units, environment, and that
/// the files it names can be read. Finds every problem at once. No problem quotes a value that came from the
/// environment, nor anything of the credential. `running` is the credential that a reloading process has: where its
/// value_file is named again and can't be used, that is a warning, and the value stays. Throws nothing.
Loaded load_settings(const std::filesystem::path& path, const Environment& environment = process_environment(),
                     Purpose purpose = Purpose::serve, const UpstreamCredential* running = nullptr);

/// The operationIds that rules, their `invalidates` and `primes`, and safe_operations name must be of the contract
/// (`known`).
std::vector<contract::Problem> check_operations(const Settings& settings, std::span<const std::string> known);

/// The running configuration in the shape of the config file, every default spelt out, no secret in it.
nlohmann::json redacted(const Settings& settings);

}  // namespace pgw::config
