#include "config/settings.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::config;
using namespace std::chrono_literals;
using pgw::config::test::Directory;
using pgw::config::test::lines;

namespace {

constexpr std::string_view secret_value = "hl_sk_9d1f-very-secret";

Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

/// A directory with the files that a config names.
struct Place {
  Directory directory;
  Environment environment = environment_of({{"API_KEY", std::string(secret_value)}, {"WORKERS", "3"}, {"HOST", "::1"}});

  Place() {
    directory.write("api.yaml", "openapi: 3.0.0\n");
    directory.write("projects-v4.openapi.yaml", "openapi: 3.0.0\n");
    directory.write("keys.yaml", "keys: []\n");
  }

  Settings load(std::string_view yaml, Purpose purpose = Purpose::serve) const {
    auto loaded = load_settings(directory.write("gateway.yaml", yaml), environment, purpose);
    CHECK(lines(loaded.problems).empty());
    REQUIRE(loaded.settings);
    return *std::move(loaded.settings);
  }
};

}  // namespace

TEST_CASE_METHOD(Place, "an upstream is all that a config must name, the rest has the designed defaults") {
  const Settings settings = load("upstream: {url: 'https://up.example/v4'}\n");
  CHECK(settings.listen.text() == "127.0.0.1:8080");
  CHECK(settings.admin.text() == "127.0.0.1:9180");
  CHECK(settings.workers == std::max(1U, std::thread::hardware_concurrency()));
  CHECK(settings.api == directory / "projects-v4.openapi.yaml");
  CHECK(settings.upstream.url.text() == "https://up.example/v4");
  CHECK_FALSE(settings.upstream.credential);
  CHECK(settings.upstream.connect_timeout == 2s);
  CHECK(settings.upstream.timeout == 30s);
  CHECK(settings.upstream.max_connections == 256);
  CHECK(settings.upstream.max_waiting == 16384);
  CHECK(settings.upstream.retries == 2);
  CHECK(settings.upstream.ca_file.empty());
  CHECK(settings.upstream.breaker.failures == 10);
  CHECK(settings.upstream.breaker.open_for == 5s);
  CHECK(settings.access.mode == AccessMode::keys);
  CHECK(settings.access.keys_file == directory / "keys.yaml");
  CHECK(settings.access.rate_charge == RateCharge::upstream);
  CHECK(settings.validation.requests == Check::enforce);
  CHECK(settings.validation.responses == Check::report);
  CHECK(settings.cache.max_size == 256ULL * 1024 * 1024);
  CHECK(settings.cache.rules.empty());
  CHECK(settings.cache.safe_operations.empty());
  CHECK(settings.cache.targeted_field.empty());
  CHECK(settings.cache.tag_field.empty());
  CHECK(settings.compression.codings.empty());
  CHECK(settings.compression.min_size == 1024);
  CHECK(settings.limits.max_body == 1024UL * 1024);
  CHECK(settings.limits.max_header == 32UL * 1024);
  CHECK(settings.limits.max_target == 8UL * 1024);
  CHECK(settings.limits.header_timeout == 10s);
  CHECK(settings.limits.body_timeout == 30s);
  CHECK(settings.limits.write_timeout == 30s);
  CHECK(settings.limits.idle_timeout == 75s);
  CHECK(settings.limits.drain_timeout == 30s);
  CHECK(settings.limits.drain_delay == 0s);
  CHECK(settings.limits.connections_per_address == 256);
  CHECK(settings.limits.half_close == HalfClose::abort);
  CHECK(settings.log.level == LogLevel::info);
  CHECK(settings.log.format == LogFormat::json);
  CHECK(settings.log.access);
  CHECK(settings.admin_hosts.empty());
  CHECK(settings.admin_token_file.empty());
  CHECK(settings.trusted_proxies.empty());
  CHECK(settings.contract.unusable_operations == UnusableOperations::refuse);
  CHECK(settings.routing.encoded_slashes == EncodedSlashes::refuse);
  CHECK(settings.routing.trailing_slash == TrailingSlash::strict);
  CHECK(settings.upstream.stream_idle_timeout == 60s);
  CHECK(settings.upstream.max_connection_age == 5min);
  CHECK_FALSE(settings.upstream.proxy);
  CHECK(settings.upstream.client_certificate.empty());
  CHECK(settings.upstream.client_key.empty());
  CHECK_FALSE(settings.upstream.forward_fields);
  CHECK(settings.operations.empty());
  CHECK(settings.teams.empty());
  CHECK(settings.file == directory / "gateway.yaml");
}

TEST_CASE_METHOD(Place, "every key is read") {
  directory.write("ca.pem", pgw::config::test::certificate);
  directory.write("team-keys.yaml", "keys: []\n");
  const Settings settings = load(R"(listen: "[${HOST}]:0"
admin: localhost:9999
workers: ${WORKERS}
api: ./sub/../api.yaml
upstream:
  url: http://LOCALHOST:9000/v4/
  credential: {header: Authorization, value: "Bearer ${API_KEY}$$"}
  connect_timeout: 250ms
  timeout: 1m30s
  max_connections: 8
  max_waiting: 0
  retries: 0
  ca_file: ca.pem
  breaker: {failures: 0, open_for: 1s}
access: {mode: keys, keys_file: team-keys.yaml, rate_charge: all}
validation: {requests: report, responses: off}
cache:
  max_size: 1MiB
  file: saved/../cache
  rules:
    list: {ttl: 15s, stale_while_revalidate: 30s, stale_if_error: 1h}
    get: {ttl: 0s}
    update: {invalidates: [list, /projects, "/projects/{id}"], primes: get}
    idle: {}
  safe_operations: [export]
  targeted_field: CDN-Cache-Control
limits:
  max_body: 2MiB
  max_header: 16KiB
  max_target: 4KiB
  header_timeout: 1s
  body_timeout: 2s
  write_timeout: 3s
  idle_timeout: 4s
  drain_timeout: 0s
log: {level: warning, format: text, access: false}
)");
  CHECK(settings.listen.text() == "[::1]:0");
  CHECK(settings.admin.text() == "localhost:9999");
  CHECK(settings.workers == 3);
  CHECK(settings.api == directory / "api.yaml");
  CHECK(settings.upstream.url == Url{"http", "localhost", 9000, "/v4"});
  REQUIRE(settings.upstream.credential);
  CHECK(settings.upstream.credential->header == "Authorization");
  CHECK(settings.upstream.credential->value.equals("Bearer " + std::string(secret_value) + "$"));
  CHECK(settings.upstream.credential->value_file.empty());
  CHECK(settings.upstream.connect_timeout == 250ms);
  CHECK(settings.upstream.timeout == 90s);
  CHECK(settings.upstream.max_connections == 8);
  CHECK(settings.upstream.max_waiting == 0);
  CHECK(settings.upstream.retries == 0);
  CHECK(settings.upstream.ca_file == directory / "ca.pem");
  CHECK(settings.upstream.breaker.failures == 0);
  CHECK(settings.upstream.breaker.open_for == 1s);
  CHECK(settings.access.keys_file == directory / "team-keys.yaml");
  CHECK(settings.access.rate_charge == RateCharge::all);
  CHECK(settings.validation.requests == Check::report);
  CHECK(settings.validation.responses == Check::off);
  CHECK(settings.cache.max_size == 1024UL * 1024);
  CHECK(settings.cache.rules.size() == 4);
  const auto& list = settings.cache.rules.at("list");
  CHECK(list.ttl == 15s);
  CHECK(list.stale_while_revalidate == 30s);
  CHECK(list.stale_if_error == 1h);
  CHECK(list.invalidates.empty());
  CHECK(settings.cache.rules.at("get").ttl == 0ms);
  CHECK_FALSE(settings.cache.rules.at("get").stale_if_error);
  CHECK(settings.cache.rules.at("update").invalidates ==
        std::vector<std::string>{"list", "/projects", "/projects/{id}"});
  CHECK(settings.cache.rules.at("update").primes == "get");
  CHECK(list.primes.empty());
  CHECK(settings.cache.file == directory / "cache");
  CHECK(settings.cache.safe_operations == std::vector<std::string>{"export"});
  CHECK(settings.cache.targeted_field == "CDN-Cache-Control");
  CHECK(settings.limits.max_body == 2UL * 1024 * 1024);
  CHECK(settings.limits.max_header == 16UL * 1024);
  CHECK(settings.limits.max_target == 4UL * 1024);
  CHECK(settings.limits.header_timeout == 1s);
  CHECK(settings.limits.body_timeout == 2s);
  CHECK(settings.limits.write_timeout == 3s);
  CHECK(settings.limits.idle_timeout == 4s);
  CHECK(settings.limits.drain_timeout == 0s);
  CHECK(settings.log.level == LogLevel::warning);
  CHECK(settings.log.format == LogFormat::text);
  CHECK_FALSE(settings.log.access);
}

TEST_CASE_METHOD(Place, "every key of what bounds, routes and forwards is read") {
  directory.write("gateway.pem", pgw::config::test::certificate);
  directory.write("gateway-key.pem", pgw::config::test::private_key);
  directory.write("tokens", "read:0123456789abcdef\n");
  const Settings settings = load(R"(admin_hosts: [gateway.internal]
admin_token_file: tokens
trusted_proxies: [10.0.0.0/8, "::1"]
contract: {unusable_operations: skip}
routing: {encoded_slashes: allow, trailing_slash: redirect}
upstream:
  url: https://up.example
  stream_idle_timeout: 10s
  max_connection_age: 1h
  proxy: http://proxy.example:3128
  client_certificate: gateway.pem
  client_key: gateway-key.pem
  forward_fields: [X-Tenant]
validation: {coercion: none}
limits: {drain_delay: 5s, connections_per_address: 0, half_close: serve}
operations:
  Projects_export: {timeout: 5m, max_body: 8MiB}
  Projects_list: {timeout: 1s}
teams: {search: {concurrency: 32}, ads: {}}
)");
  CHECK(settings.admin_hosts == std::vector<std::string>{"gateway.internal"});
  CHECK(settings.admin_token_file == directory / "tokens");
  REQUIRE(settings.trusted_proxies.size() == 2);
  CHECK(settings.trusted_proxies[0].text() == "10.0.0.0/8");
  CHECK(settings.trusted_proxies[1].text() == "::1/128");
  CHECK(settings.contract.unusable_operations == UnusableOperations::skip);
  CHECK(settings.routing.encoded_slashes == EncodedSlashes::allow);
  CHECK(settings.routing.trailing_slash == TrailingSlash::redirect);
  CHECK(settings.upstream.stream_idle_timeout == 10s);
  CHECK(settings.upstream.max_connection_age == 1h);
  REQUIRE(settings.upstream.proxy);
  CHECK(settings.upstream.proxy->text() == "http://proxy.example:3128");
  CHECK(settings.upstream.client_certificate == directory / "gateway.pem");
  CHECK(settings.upstream.client_key == directory / "gateway-key.pem");
  CHECK(settings.upstream.forward_fields == std::vector<std::string>{"X-Tenant"});
  CHECK(settings.validation.coercion == Coercion::none);
  CHECK(settings.limits.drain_delay == 5s);
  CHECK(settings.limits.connections_per_address == 0);
  CHECK(settings.limits.half_close == HalfClose::serve);
  REQUIRE(settings.operations.size() == 2);
  CHECK(settings.operations.at("Projects_export").timeout == 5min);
  CHECK(settings.operations.at("Projects_export").max_body == 8UL * 1024 * 1024);
  CHECK_FALSE(settings.operations.at("Projects_list").max_body);
  REQUIRE(settings.teams.size() == 2);
  CHECK(settings.teams.at("search").concurrency == 32U);
  CHECK_FALSE(settings.teams.at("ads").concurrency);
}

TEST_CASE_METHOD(Place, "the command line's addresses stand in place of the file's, right or wrong") {
  const auto file = directory.write("gateway.yaml",
                                    "listen: 127.0.0.1:8080\nadmin: 0.0.0.0:9180\n"
                                    "upstream: {url: 'https://up.example'}\n");
  CHECK_FALSE(load_settings(file, environment).settings);
  const auto loaded = load_settings(file, environment, Purpose::serve, nullptr, {{}, parse_address("127.0.0.1:0"), {}});
  CHECK(lines(loaded.problems).empty());
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->admin.text() == "127.0.0.1:0");
  CHECK(loaded.settings->listen.text() == "127.0.0.1:8080");
  const auto wide = load_settings(directory.write("gateway.yaml", "upstream: {url: 'https://up.example'}\n"),
                                  environment, Purpose::sandbox, nullptr, {{}, parse_address("0.0.0.0:0"), {}});
  CHECK(lines(wide.problems) ==
        std::vector<std::string>{
            "1:1: error: admin: others than this machine reach this address, so it wants an admin_token_file"});
}

TEST_CASE_METHOD(Place, "what could be read of a config with mistakes is a draft") {
  const auto loaded = load_settings(
      directory.write("gateway.yaml", "upstream: {url: 'https://up.example'}\napi: missing.yaml\nworkers: none\n"),
      environment);
  CHECK_FALSE(loaded.settings);
  REQUIRE(loaded.draft);
  CHECK(loaded.draft->access.keys_file == directory / "keys.yaml");
  CHECK(loaded.draft->api.empty());
  CHECK_FALSE(load_settings(directory.write("gateway.yaml", "[]\n"), environment).draft);
}

TEST_CASE_METHOD(Place, "a config may be JSON") {
  const Settings settings =
      load(R"({"upstream": {"url": "https://up.example"}, "access": {"mode": "open"}, "workers": 2})");
  CHECK(settings.access.mode == AccessMode::open);
  CHECK(settings.access.keys_file.empty());
  CHECK(settings.workers == 2);
}

TEST_CASE_METHOD(Place, "sections and lists of which everything is commented out are as if left out") {
  const Settings settings = load(R"(upstream:
  url: https://up.example
  credential:
    # header: X-API-KEY
cache:
  rules:
    # list: {ttl: 15s}
  safe_operations:
limits:
)");
  CHECK_FALSE(settings.upstream.credential);
  CHECK(settings.cache.rules.empty());
  CHECK(settings.limits.max_body == 1024UL * 1024);
}

TEST_CASE_METHOD(Place, "a credential may stand in a file of its own") {
  const auto file = directory.write("key", std::string(secret_value) + "\n");
  const Settings settings =
      load("upstream: {url: 'https://up.example', credential: {header: X-API-KEY, value_file: key}}\n");
  REQUIRE(settings.upstream.credential);
  CHECK(settings.upstream.credential->value.equals(secret_value));
  CHECK(settings.upstream.credential->value_file == file);
}

TEST_CASE_METHOD(Place, "the sandbox needs neither upstream nor credential nor keys") {
  std::filesystem::remove(directory / "keys.yaml");
  SECTION("when the config names none") {
    load("workers: 1\n", Purpose::sandbox);
  }
  SECTION("when upstream is empty") {
    load("upstream:\nworkers: 1\n", Purpose::sandbox);
  }
  SECTION("when what it names can't be had") {
    const Settings settings = load(R"(upstream:
  url: https://up.example
  credential: {header: X-API-KEY, value: "${UNSET}"}
  ca_file: missing.pem
  timeout: 7s
access: {keys_file: missing.yaml}
)",
                                   Purpose::sandbox);
    CHECK(settings.upstream.timeout == 7s);
    CHECK_FALSE(settings.upstream.credential);
    CHECK(settings.access.keys_file.empty());
  }
}

TEST_CASE_METHOD(Place, "the environment of the process is what is read by default") {
  REQUIRE(::setenv("PGW_TEST_HOST", "localhost", 1) == 0);
  const auto loaded = load_settings(
      directory.write("gateway.yaml", "listen: ${PGW_TEST_HOST}:1\nupstream: {url: 'https://up.example'}\n"));
  ::unsetenv("PGW_TEST_HOST");
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->listen.text() == "localhost:1");
}

TEST_CASE_METHOD(Place, "operations that the contract lacks are named with their place and the nearest that it has") {
  const std::vector<std::string> known{"Projects_list", "Projects_get", "Projects_export"};
  const Settings settings = load(R"(upstream: {url: 'https://up.example'}
cache:
  rules:
    Projects_list: {ttl: 15s}
    Project_get: {ttl: 15s}
    Projects_get:
      invalidates: [Projects_list, /anything, Other]
      primes: Projects_gte
  safe_operations:
    - Projects_export
    - projects_exprot
operations: {Projects_exprt: {timeout: 5s}}
)");
  CHECK(lines(check_operations(settings, known)) ==
        std::vector<std::string>{
            "5:5: error: cache.rules.Project_get: the contract has no operation 'Project_get', did you mean "
            "'Projects_get'?",
            "7:47: error: cache.rules.Projects_get.invalidates[2]: the contract has no operation 'Other'",
            "8:7: error: cache.rules.Projects_get.primes: the contract has no operation 'Projects_gte', did you mean "
            "'Projects_get'?",
            "12:14: error: operations.Projects_exprt: the contract has no operation 'Projects_exprt', did you mean "
            "'Projects_export'?",
            "11:7: error: cache.safe_operations[1]: the contract has no operation 'projects_exprot', did you mean "
            "'Projects_export'?"});
}

TEST_CASE_METHOD(Place, "operations that the contract lacks are not quoted where the environment names them") {
  REQUIRE(::setenv("PGW_TEST_SECRET", "Projects_gte", 1) == 0);
  const auto loaded = load_settings(directory.write("gateway.yaml", R"(upstream: {url: 'https://up.example'}
cache:
  rules: {Projects_get: {invalidates: ['${PGW_TEST_SECRET}'], primes: '${PGW_TEST_SECRET}'}}
  safe_operations: ['${PGW_TEST_SECRET}']
)"));
  ::unsetenv("PGW_TEST_SECRET");
  REQUIRE(loaded.settings);
  const auto problems = lines(check_operations(*loaded.settings, std::vector<std::string>{"Projects_get"}));
  const std::string no_operation = ": the contract has no operation of the name that the environment gives";
  CHECK(problems == std::vector<std::string>{"3:40: error: cache.rules.Projects_get.invalidates[0]" + no_operation,
                                             "3:63: error: cache.rules.Projects_get.primes" + no_operation,
                                             "4:21: error: cache.safe_operations[0]" + no_operation});
}

TEST_CASE_METHOD(Place, "no more workers run by themselves than the upstream may have connections") {
  CHECK(load("upstream: {url: 'https://up.example', max_connections: 1}\n").workers == 1);
  CHECK(load("upstream: {url: 'https://up.example', max_connections: 3}\nworkers: 3\n").workers == 3);
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  CHECK(load("upstream: {url: 'https://up.example', max_connections: 65535}\n").workers == std::min(threads, 1024U));
}

TEST_CASE_METHOD(Place, "the redacted configuration has every default and no secret") {
  directory.write("key", secret_value);
  const std::string credential =
      GENERATE("value: '${API_KEY}'", "value: 'a${API_KEY}b'", "value_file: key", "value: 'Bearer ${API_KEY}'");
  const Settings settings = load("upstream: {url: 'https://up.example', credential: {header: X-API-KEY, " + credential +
                                 "}}\ncache: {rules: {list: {ttl: 15s, invalidates: [/projects], primes: get}}, file: "
                                 "cache, targeted_field: X-Control}\n");
  const auto json = redacted(settings);
  CHECK(json.dump().find(secret_value) == std::string::npos);
  CHECK(json["upstream"]["credential"]["header"] == "X-API-KEY");
  CHECK(json["upstream"]["credential"].contains("value") != json["upstream"]["credential"].contains("value_file"));
  CHECK(json["upstream"]["timeout"] == "30s");
  CHECK(json["cache"]["rules"]["list"] ==
        nlohmann::json({{"ttl", "15s"},
                        {"ttl_by_status", nlohmann::json::object()},
                        {"jitter", "0%"},
                        {"override", false},
                        {"off", false},
                        {"key", {{"ignore", nlohmann::json::array()}, {"fields", nlohmann::json::array()}}},
                        {"invalidates", {"/projects"}},
                        {"primes", "get"}}));
  CHECK(json["cache"]["file"] == (directory / "cache").string());
  CHECK(json["cache"]["targeted_field"] == "X-Control");
  CHECK(json["limits"]["max_body"] == "1MiB");

  // It has the shape of a config file: the loader takes it, once the secret is put back.
  auto again = json;
  if (again["upstream"]["credential"].contains("value")) again["upstream"]["credential"]["value"] = "${API_KEY}";
  CHECK(redacted(load(again.dump()))["upstream"] == json["upstream"]);
}

TEST_CASE_METHOD(Place, "codings are named in the order of preference, each once, and others are refused") {
  const std::string base = "upstream: {url: 'https://up.example'}\n";
  const Settings settings = load(base + "compression: {codings: [zstd, gzip], min_size: 4KiB}\n");
  CHECK(settings.compression.codings == std::vector{Coding::zstd, Coding::gzip});
  CHECK(settings.compression.min_size == 4096);
  CHECK(redacted(settings)["compression"] == nlohmann::json({{"codings", {"zstd", "gzip"}}, {"min_size", "4KiB"}}));
}
