// The config file as typed, checked values.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
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

#include "base/address.h"
#include "config/secret.h"
#include "contract/document.h"
#include "contract/schema.h"

namespace pgw::config {

// The initial value of a member is the setting's default. How a setting is called in the file, its limits and its
// documentation are its row in config/settings_table.cpp.

/// What the file calls the enumerators of `Enum`, in their order.
template <typename Enum>
inline constexpr std::array<std::string_view, 0> words{};
template <typename Enum>
constexpr std::string_view to_string(Enum value) requires(words<Enum>.size() > 0) {
  return words<Enum>[static_cast<std::size_t>(value)];
}

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
  std::chrono::milliseconds timeout{30'000};                 ///< the whole exchange
  std::chrono::milliseconds stream_idle_timeout{60'000};     ///< between two pieces of a streamed response
  std::chrono::milliseconds max_connection_age{5 * 60'000};  ///< an older connection takes no further request
  std::uint32_t max_connections = 256;                       ///< of all workers together; at least one for each
  std::uint32_t max_waiting = 16'384;  ///< requests that may wait for a connection, of all workers; more are refused
  std::uint32_t retries = 2;           ///< repetitions of one request in all
  std::optional<Url> proxy;            ///< an HTTP proxy on the way to the upstream
  std::filesystem::path unix_socket;   ///< absolute; connected to in place of the URL's host; empty: none
  std::filesystem::path ca_file;       ///< PEM bundle, absolute; empty: the system's
  std::filesystem::path client_certificate;  ///< PEM, absolute; empty: none is shown
  std::filesystem::path client_key;          ///< PEM, absolute; set whenever client_certificate is
  /// The fields of requests that go on beside those that the gateway needs itself; nullopt: all end-to-end fields.
  std::optional<std::vector<std::string>> forward_fields;
  BreakerSettings breaker;
};

enum class AccessMode { keys, open };
template <>
inline constexpr std::array<std::string_view, 2> words<AccessMode>{"keys", "open"};

enum class RateCharge {
  upstream,  ///< only requests that reach the upstream count
  all,       ///< every authorised request counts
};
template <>
inline constexpr std::array<std::string_view, 2> words<RateCharge>{"upstream", "all"};

struct Access {
  AccessMode mode = AccessMode::keys;
  std::filesystem::path keys_file;  ///< absolute; set whenever mode is keys
  RateCharge rate_charge = RateCharge::upstream;
};

enum class Check { enforce, report, off };
template <>
inline constexpr std::array<std::string_view, 3> words<Check>{"enforce", "report", "off"};

using pgw::contract::Coercion;
template <>
inline constexpr std::array<std::string_view, 2> words<Coercion>{"none", "pydantic"};

/// How the gateway tells errors of its own.
enum class ErrorShape {
  fastapi,  ///< {"detail": [{"loc", "msg", "type"}]}
  problem,  ///< problem details with JSON pointers (RFC 9457)
};
template <>
inline constexpr std::array<std::string_view, 2> words<ErrorShape>{"fastapi", "problem"};

struct Validation {
  Check requests = Check::enforce;
  Check responses = Check::report;
  Coercion coercion = Coercion::none;
  ErrorShape errors = ErrorShape::fastapi;
};

enum class UnusableOperations {
  refuse,  ///< a description with one is refused whole
  skip,    ///< the others are served
};
template <>
inline constexpr std::array<std::string_view, 2> words<UnusableOperations>{"refuse", "skip"};
struct ContractSettings {
  UnusableOperations unusable_operations = UnusableOperations::refuse;
};

/// What becomes of a path value that decodes to something with a slash or a backslash.
enum class EncodedSlashes {
  refuse,  ///< matches no operation
  allow,
};
template <>
inline constexpr std::array<std::string_view, 2> words<EncodedSlashes>{"refuse", "allow"};
/// What becomes of a path that is an operation's but for a slash at its end.
enum class TrailingSlash {
  strict,    ///< matches no operation
  redirect,  ///< the client is told the path without it
  ignore,    ///< as if it weren't there
};
template <>
inline constexpr std::array<std::string_view, 3> words<TrailingSlash>{"strict", "redirect", "ignore"};
struct RoutingSettings {
  EncodedSlashes encoded_slashes = EncodedSlashes::refuse;
  TrailingSlash trailing_slash = TrailingSlash::strict;
};

/// By operationId: what this operation has instead of upstream.timeout and limits.max_body.
struct OperationSettings {
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint64_t> max_body;
};

/// By the team's name.
struct TeamSettings {
  std::optional<std::uint32_t> concurrency;  ///< requests under way at a time; nullopt: any number
};

/// By operationId. Durations apply to responses without explicit freshness of their own.
struct CacheKeyRule {
  std::vector<std::string>
      ignore;  ///< names of query parameters that tell no answers apart; "utm_*" for all that begin so
  std::vector<std::string> fields;  ///< request fields that do
  bool operator==(const CacheKeyRule&) const = default;
};
struct CacheRule {
  std::optional<std::chrono::milliseconds> ttl;
  std::map<int, std::chrono::milliseconds> ttl_by_status;  ///< instead of `ttl`, and for statuses that it doesn't cover
  std::optional<std::chrono::milliseconds> max_ttl;        ///< of the origin's lifetimes, too
  std::uint32_t jitter = 0;                                ///< percent by which a lifetime of the rule may be shorter
  std::optional<std::chrono::milliseconds> stale_while_revalidate;
  std::optional<std::chrono::milliseconds> stale_if_error;
  bool override_origin = false;  ///< the rule's lifetime and windows go before the origin's
  bool off = false;              ///< nothing of this operation is stored or shared
  CacheKeyRule key;
  /// What this write makes stale beyond what its path says: operationIds, and tags as paths ("/projects",
  /// "/projects/{id}" with the operation's own parameters). A leading slash tells them apart.
  std::vector<std::string> invalidates;
  /// The operationId of a GET whose answer the response to this write also is; empty: none.
  std::string primes;
  bool operator==(const CacheRule&) const = default;
};
struct CacheSettings {
  std::uint64_t max_size = 256ULL * 1024 * 1024;
  std::filesystem::path file;  ///< where the cache is kept from a drain to the next start, absolute; empty: nowhere
  std::map<std::string, CacheRule, std::less<>> rules;
  std::vector<std::string> safe_operations;      ///< operationIds of unsafe methods that change nothing
  std::string targeted_field;                    ///< obeyed before Cache-Control (RFC 9213); empty: none
  std::string tag_field;                         ///< in which the origin names tags of its own; empty: none
  std::uint32_t heuristic = 0;                   ///< percent of the time since Last-Modified; 0: no guesses
  bool store_cookies = false;                    ///< Set-Cookie is stored where the origin itself gives a lifetime
  std::chrono::milliseconds stale_after{1'000};  ///< what may stand in for an error does so after this wait
  std::uint32_t max_variants = 64;               ///< of one request, by Vary
};

/// A content coding that clients may get. The words are those of HTTP.
enum class Coding { gzip, br, zstd };
template <>
inline constexpr std::array<std::string_view, 3> words<Coding>{"gzip", "br", "zstd"};
struct CompressionSettings {
  std::vector<Coding> codings;    ///< in the order of preference, each once; empty: nothing is compressed
  std::uint64_t min_size = 1024;  ///< of a body, in bytes; smaller ones go as they are
};

/// What a client that has sent all and closed its sending side is taken for while it waits.
enum class HalfClose {
  abort,  ///< one that left
  serve,  ///< one that reads on
};
template <>
inline constexpr std::array<std::string_view, 2> words<HalfClose>{"abort", "serve"};

struct LimitSettings {
  std::uint64_t max_body = 1024ULL * 1024;
  std::uint64_t max_header = 32ULL * 1024;
  std::uint64_t max_target = 8ULL * 1024;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds idle_timeout{
      75'000};  ///< longer than a balancer's usual 60 s, which else meets closed connections
  std::chrono::milliseconds drain_delay{0};
  std::chrono::milliseconds drain_timeout{30'000};
  std::uint32_t connections_per_address = 256;  ///< of the team listener; 0: any number
  HalfClose half_close = HalfClose::abort;
};

enum class LogLevel { debug, info, warning, error };
template <>
inline constexpr std::array<std::string_view, 4> words<LogLevel>{"debug", "info", "warning", "error"};
enum class LogFormat { json, text };
template <>
inline constexpr std::array<std::string_view, 2> words<LogFormat>{"json", "text"};
struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::json;
  bool access = true;
};

struct Settings {
  Address listen{"127.0.0.1", 8080};
  Address admin{"127.0.0.1", 9180};
  std::vector<std::string> admin_hosts;          ///< names that `Host` may give the admin listener without a token
  std::filesystem::path admin_token_file;        ///< absolute; empty: the admin listener asks for none
  std::vector<base::IpNetwork> trusted_proxies;  ///< what they say of a client's address is believed
  unsigned workers = 1;       ///< `auto` is the number of hardware threads, at most upstream.max_connections
  std::filesystem::path api;  ///< the OpenAPI document, absolute
  ContractSettings contract;
  RoutingSettings routing;
  Upstream upstream;
  Access access;
  Validation validation;
  CacheSettings cache;
  CompressionSettings compression;
  LimitSettings limits;
  LogSettings log;
  std::map<std::string, OperationSettings, std::less<>> operations;
  std::map<std::string, TeamSettings, std::less<>> teams;

  std::filesystem::path file;  ///< where this was loaded from, absolute; empty for settings made in code
  /// Where each value stands in `file`, by JSON pointer ("/cache/rules/Projects_list"), for problems found later.
  std::map<std::string, pgw::contract::Place, std::less<>> places;
  /// The pointers of texts that came from the environment, in whole or in part: no problem may quote them.
  std::set<std::string, std::less<>> from_environment;
};

/// Looks a variable up; nullopt when it isn't set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

enum class Purpose {
  serve,
  /// `serve --sandbox`: the caller brings upstream and keys itself, so upstream.url and credential, the files of the
  /// connection to it, upstream.proxy and access.keys_file are neither expanded nor opened nor required.
  sandbox,
};

/// What the command line says instead of the file.
struct Overrides {
  std::optional<Address> listen;
  std::optional<Address> admin;
  std::optional<std::filesystem::path> admin_token_file;  ///< absolute
};

struct Loaded {
  std::optional<Settings> settings;  ///< set when no problem is an error
  /// What could be read where a problem is an error, so that the files that it names can be checked all the same; null
  /// when `settings` is set, and when the file is no mapping.
  std::optional<Settings> draft;
  std::vector<contract::Problem> problems;  ///< errors and warnings in the order of the file
};

/// Reads and checks a config file: syntax, structure (config/settings_table.cpp), names, units, environment, and that
/// the files it names can be read and are in the right hands. Finds every problem at once. No problem quotes a value
/// that came from the environment, nor anything of the credential. `running` is the credential that a reloading process
/// has: where its value_file is named again and can't be used, that is a warning, and the value stays. Throws nothing.
Loaded load_settings(const std::filesystem::path& path, const Environment& environment = process_environment(),
                     Purpose purpose = Purpose::serve, const UpstreamCredential* running = nullptr,
                     const Overrides& overrides = {});

/// The operationIds that rules, their `invalidates` and `primes`, `operations` and safe_operations name must be of the
/// contract (`known`).
std::vector<contract::Problem> check_operations(const Settings& settings, std::span<const std::string> known);

/// The running configuration in the shape of the config file, every default spelt out, no secret in it.
nlohmann::json redacted(const Settings& settings);

}  // namespace pgw::config
