#include "config/settings_table.h"

namespace pgw::config {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kibi = 1024;
constexpr std::uint64_t mebi = kibi * kibi;
constexpr std::uint64_t gibi = kibi * mebi;

Table<UpstreamCredential> credential() {
  using Of = UpstreamCredential;
  return {
      required(row("header", &Of::header, FieldName{}, "The field that carries the credential.")),
      row("value", &Of::value, SecretValue{},
          "The credential, at least 16 characters; `${NAME}` keeps it out of the file. Either this or `value_file`."),
      row("value_file", &Of::value_file, Path{},
          "A file that holds the credential, for its owner alone; read again whenever it changes."),
  };
}

Table<BreakerSettings> breaker() {
  using Of = BreakerSettings;
  return {
      row("failures", &Of::failures, Count{0, 1'000'000},
          "Failures in a row after which nothing is asked for a while; 0 is never."),
      row("open_for", &Of::open_for, Duration{1ms}, "How long nothing is asked."),
  };
}

Table<Upstream> upstream() {
  using Of = Upstream;
  return {
      required(
          row("url", &Of::url, HttpUrl{}, "Where requests go, `http` or `https`, with the path before the API's own.")),
      section("credential", &Of::credential, credential()),
      row("connect_timeout", &Of::connect_timeout, Duration{1ms}, "For a connection to be made, TLS included."),
      row("timeout", &Of::timeout, Duration{1ms},
          "For a whole exchange, but not for what a slow client holds up; see `operations`."),
      row("stream_idle_timeout", &Of::stream_idle_timeout, Duration{1ms},
          "Between two pieces of a response that is streamed, which `timeout` doesn't bound."),
      row("max_connections", &Of::max_connections, Count{1, 65'535},
          "Of all workers together: at least one for each. One team holds at most three quarters."),
      row("max_connection_age", &Of::max_connection_age, Duration{1ms},
          "An older connection takes no further request, so that a changed DNS name is followed."),
      row("max_waiting", &Of::max_waiting, Count{0, 1'000'000},
          "Requests that may wait for a connection, of all workers together; more are answered 503."),
      row("retries", &Of::retries, Count{0, 10}, "Repetitions of one request, where none has been answered."),
      row("proxy", &Of::proxy, HttpUrl{},
          "An HTTP proxy that is asked to CONNECT to the upstream, for `http` URLs too."),
      row("unix_socket", &Of::unix_socket, Path{}, "A socket to connect to in place of the URL's host."),
      row("ca_file", &Of::ca_file, Path{}, "A PEM bundle of certificate authorities.", "(the system's)"),
      row("client_certificate", &Of::client_certificate, Path{}, "A PEM certificate that is shown to the upstream."),
      row("client_key", &Of::client_key, Path{}, "The PEM key of `client_certificate`."),
      row("forward_fields", &Of::forward_fields, Texts{"names of fields"},
          "The request fields of clients that go on, beside those that a request needs.", "(every end-to-end field)"),
      section("breaker", &Of::breaker, breaker()),
  };
}

Table<Access> access() {
  using Of = Access;
  return {
      row("mode", &Of::mode, Word<AccessMode>{}, "`open`: who reaches the listener may call without a key."),
      row("keys_file", &Of::keys_file, Path{}, "The teams' keys; `projects-gateway keys new` makes entries.",
          "keys.yaml"),
      row("rate_charge", &Of::rate_charge, Word<RateCharge>{},
          "What a key's rate counts: requests that reach the upstream, or all."),
  };
}

Table<Validation> validation() {
  using Of = Validation;
  return {
      row("requests", &Of::requests, Word<Check>{}, "`report` forwards mistakes and counts them."),
      row("responses", &Of::responses, Word<Check>{}, "The same for what the upstream answers."),
      row("coercion", &Of::coercion, Word<Coercion>{},
          "How requests are read: `none` as JSON Schema says, `pydantic` as pydantic v1 does."),
      row("errors", &Of::errors, Word<ErrorShape>{},
          "How errors are told: as FastAPI does, or as problem details (RFC 9457)."),
  };
}

Table<CacheKeyRule> cache_key() {
  using Of = CacheKeyRule;
  return {
      row("ignore", &Of::ignore, Texts{"names of query parameters"},
          "Parameters that tell no answers apart, `utm_*` for all that begin so. They go on to the upstream.", "[]"),
      row("fields", &Of::fields, Texts{"names of fields"}, "Request fields that tell answers apart, as `Vary` would.",
          "[]"),
  };
}

Table<CacheRule> cache_rule() {
  using Of = CacheRule;
  return {
      row("ttl", &Of::ttl, Duration{}, "How long an answer is fresh where the origin doesn't say."),
      row("ttl_by_status", &Of::ttl_by_status, DurationsByStatus{},
          "The same for single statuses, also for those that `ttl` is not for: `{404: 5s}`."),
      row("max_ttl", &Of::max_ttl, Duration{}, "No answer is fresh for longer, whoever says so."),
      row("jitter", &Of::jitter, Percent{},
          "By how much a lifetime of the rule may be shorter, so that not all answers end at once."),
      row("stale_while_revalidate", &Of::stale_while_revalidate, Duration{},
          "How long after that it is served while it is fetched again."),
      row("stale_if_error", &Of::stale_if_error, Duration{},
          "How long after that it stands in for an upstream that fails."),
      row("override", &Of::override_origin, Flag{},
          "The rule's lifetime and windows go before those that the origin states; `no-store` and the like hold."),
      row("off", &Of::off, Flag{}, "Nothing of this operation is stored or shared."),
      section("key", &Of::key, cache_key()),
      row("invalidates", &Of::invalidates, Texts{"operationIds and tags"},
          "Of a write: what it makes stale beyond what its path names, tags as paths (`/projects/{id}`).", "[]"),
      row("primes", &Of::primes, Text{"operationId"},
          "Of a write: the GET that the write's own response answers, too."),
  };
}

Table<CacheSettings> cache() {
  using Of = CacheSettings;
  return {
      row("max_size", &Of::max_size, Size{mebi, kibi * gibi}, "A hard bound, bookkeeping included."),
      row("file", &Of::file, Path{},
          "Keeps the cache from a SIGTERM to the next start; in a folder of this user alone."),
      by_name("rules", &Of::rules, "OPERATION", cache_rule()),
      row("safe_operations", &Of::safe_operations, Texts{"operationIds"},
          "Operations of unsafe methods that change nothing."),
      row("targeted_field", &Of::targeted_field, FieldName{},
          "A field of the origin's that is obeyed before `Cache-Control` and `Expires` (RFC 9213)."),
      row("tag_field", &Of::tag_field, FieldName{},
          "A field in which the origin names tags of its own, such as `Surrogate-Key`; it doesn't go on to clients."),
      row("heuristic", &Of::heuristic, Percent{},
          "The part of the time since `Last-Modified` for which an answer without any lifetime is fresh, a day at "
          "most."),
      row("store_cookies", &Of::store_cookies, Flag{},
          "Keeps `Set-Cookie` with an answer to which the origin itself gives a lifetime (RFC 9111 section 7.3)."),
      row("stale_after", &Of::stale_after, Duration{1ms},
          "How long a reader waits for a slow upstream where a stored answer may stand in for an error."),
      row("max_variants", &Of::max_variants, Count{1, 10'000},
          "Answers that are kept of one request, by `Vary`; beyond, the least used one leaves."),
  };
}

Table<CompressionSettings> compression() {
  using Of = CompressionSettings;
  return {
      row("codings", &Of::codings, Words<Coding>{},
          "What clients that take it get, the first of equal weight; without any, everything goes as it is.", "[]"),
      row("min_size", &Of::min_size, Size{0, gibi}, "Smaller bodies go as they are."),
  };
}

Table<LimitSettings> limits() {
  using Of = LimitSettings;
  return {
      row("max_body", &Of::max_body, Size{1, gibi}, "Of a request; see `operations`."),
      row("max_header", &Of::max_header, Size{kibi, 16 * mebi}, "Request line and fields together."),
      row("max_target", &Of::max_target, Size{256, 16 * mebi}, "Path and query."),
      row("header_timeout", &Of::header_timeout, Duration{1ms}, "For the head of a request to arrive."),
      row("body_timeout", &Of::body_timeout, Duration{1ms}, "For its body."),
      row("write_timeout", &Of::write_timeout, Duration{1ms}, "For a client that takes no byte of its response."),
      row("idle_timeout", &Of::idle_timeout, Duration{1ms}, "For a connection without a request."),
      row("drain_delay", &Of::drain_delay, Duration{},
          "After SIGTERM, how long everything is still served while readiness is down."),
      row("drain_timeout", &Of::drain_timeout, Duration{}, "After that, for requests that are under way."),
      row("connections_per_address", &Of::connections_per_address, Count{0, 1'000'000},
          "Connections of one client address; 0 is any number."),
      row("half_close", &Of::half_close, Word<HalfClose>{},
          "A client that closed its sending side while it waits has left (`abort`), or reads on (`serve`)."),
  };
}

Table<LogSettings> log() {
  using Of = LogSettings;
  return {
      row("level", &Of::level, Word<LogLevel>{}, "The least severe events that are written."),
      row("format", &Of::format, Word<LogFormat>{}, "One JSON object a line, or text."),
      row("access", &Of::access, Flag{}, "A line for each request."),
  };
}

Table<ContractSettings> contract() {
  return {row("unusable_operations", &ContractSettings::unusable_operations, Word<UnusableOperations>{},
              "`skip` serves the others; `refuse` refuses the whole description.")};
}

Table<RoutingSettings> routing() {
  using Of = RoutingSettings;
  return {
      row("encoded_slashes", &Of::encoded_slashes, Word<EncodedSlashes>{},
          "A path value that decodes to something with `/` or `\\` matches no operation, unless `allow`."),
      row("trailing_slash", &Of::trailing_slash, Word<TrailingSlash>{},
          "A path with a slash too many at its end: no operation, a redirect, or the operation."),
  };
}

Table<OperationSettings> operation() {
  using Of = OperationSettings;
  return {
      row("timeout", &Of::timeout, Duration{1ms}, "Instead of `upstream.timeout`."),
      row("max_body", &Of::max_body, Size{1, gibi}, "Instead of `limits.max_body`."),
  };
}

Table<TeamSettings> team() {
  return {row("concurrency", &TeamSettings::concurrency, Count{1, 1'000'000},
              "Requests of the team that may be under way at a time.", "(any number)")};
}

}  // namespace

const Table<Settings>& settings_table() {
  using Of = Settings;
  static const Table<Settings> table{
      row("listen", &Of::listen, ListenAddress{}, "Where the teams call; port 0 is any free one."),
      row("admin", &Of::admin, ListenAddress{}, "Metrics, health and purge, for operators."),
      row("admin_hosts", &Of::admin_hosts, Texts{"host names"},
          "What `Host` may say on the admin listener beside addresses and `localhost`, where no token is asked for."),
      row("admin_token_file", &Of::admin_token_file, Path{},
          "Lines `read:TOKEN` and `change:TOKEN`: what the admin listener asks for. Needed beyond loopback."),
      row("trusted_proxies", &Of::trusted_proxies, Networks{},
          "Balancers that are believed what they say of a client's address, by field or PROXY protocol."),
      row("workers", &Of::workers, Workers{},
          "Event loops; `auto` is one per hardware thread, and no more than `upstream.max_connections`.", "auto"),
      row("api", &Of::api, Path{}, "The API description: an OpenAPI document, YAML or JSON.",
          "projects-v4.openapi.yaml"),
      section("contract", &Of::contract, contract()),
      section("routing", &Of::routing, routing()),
      section("upstream", &Of::upstream, upstream()),
      section("access", &Of::access, access()),
      section("validation", &Of::validation, validation()),
      section("cache", &Of::cache, cache()),
      section("compression", &Of::compression, compression()),
      section("limits", &Of::limits, limits()),
      section("log", &Of::log, log()),
      by_name("operations", &Of::operations, "OPERATION", operation()),
      by_name("teams", &Of::teams, "TEAM", team()),
  };
  return table;
}

}  // namespace pgw::config
