// What check says of a config file: every mistake at once, with its place, and never a secret.
#include <algorithm>
#include <map>
#include <string>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "config/files.h"
#include "config/settings.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::Directory;
using pgw::config::test::lines;

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view hidden_value = "hl_sk_9d1f-very-secret";

std::optional<std::string> environment(const std::string& name) {
  if (name == "API_KEY") return std::string(hidden_value);
  if (name == "SHORT") return "fifteen letters";
  if (name == "SIXTEEN") return "sixteen letters!";
  if (name == "EMPTY") return "";
  if (name == "LINES") return std::string(hidden_value) + "\nX-Other: 1";
  return std::nullopt;
}

/// A directory with the files that a config names, and what is said of one.
struct Checked {
  Directory directory;

  Checked() {
    directory.write("api.yaml", "openapi: 3.0.0\n");
    directory.write("keys.yaml", "keys: []\n");
    directory.write("key", hidden_value);
    directory.write("short", "fifteen letters\n");
    directory.write("empty", "");
    directory.write("world", hidden_value, 0644);
    directory.write("writable", hidden_value, 0622);
    directory.write("ca.pem", pgw::config::test::certificate);
  }

  Lines problems(std::string_view yaml) const {
    const auto loaded = load_settings(directory.write("gateway.yaml", yaml), environment);
    Lines out = lines(loaded.problems);
    const bool fatal = std::any_of(out.begin(), out.end(),
                                   [](const auto& line) { return line.find(": error: ") != std::string::npos; });
    CHECK(loaded.settings.has_value() == !fatal);
    const std::string prefix = (directory / "").string();
    for (auto& line : out) {
      CHECK(line.find(hidden_value) == std::string::npos);
      if (const auto at = line.find(prefix); at != std::string::npos) line.replace(at, prefix.size(), "DIR/");
    }
    return out;
  }

  /// Of a config that is right but for these lines, which begin at line 4.
  Lines problems_of_lines(std::string_view more) const {
    return problems(
        "api: api.yaml\nupstream: {url: 'https://up.example/v4'}\naccess: {mode: keys, keys_file: keys.yaml}\n" +
        std::string(more));
  }

  /// Of a credential, which begins at line 2, column 3.
  Lines problems_of_credential(std::string_view credential) const {
    return problems("api: api.yaml\nupstream: {credential: " + std::string(credential) +
                    ", url: 'https://up.example'}\n");
  }
};

const std::string duration = "a duration with its unit expected, e.g. 250ms, 15s, 5m, 1h30m, 2d";
const std::string unencrypted =
    "keys and answers leave this machine unencrypted; put a balancer with TLS before the gateway";
const std::string writable = "everyone on this machine may write the file; take that right away (chmod o-w)";
const std::string too_short =
    "the credential has less than 16 characters: too few to be told from other text and kept from the teams";
const std::string size = "a size with its unit expected, e.g. 512B, 32KiB, 256MiB, 2GiB";

}  // namespace

TEST_CASE_METHOD(Checked, "one mistake is one problem at its place") {
  const std::string address = "HOST:PORT expected, e.g. 127.0.0.1:8080, [::1]:8080, with a port from 0 to 65535";
  const std::string list = "cache:\n  rules:\n    list: ";
  auto [yaml, expected] = GENERATE_COPY(table<std::string, std::string>({
      {"listen: localhost\n", "4:1: error: listen: " + address},
      {"listen: localhost:65536\n", "4:1: error: listen: " + address},
      {"admin: 9180\n", "4:1: error: admin: str type expected"},
      {"listen: 127.0.0.1:9180\n", "4:1: error: listen: listen and admin are the same address"},
      {"workers: 257\n",
       "4:1: error: workers: must not be more than upstream.max_connections: each worker has connections of its own"},
      {"workers: many\n", "4:1: error: workers: auto, or a number from 1 to 1024 expected"},
      {"workers: 0\n", "4:1: error: workers: auto, or a number from 1 to 1024 expected"},
      {"workers: -2\n", "4:1: error: workers: auto, or a number from 1 to 1024 expected"},
      {"workers: 1025\n", "4:1: error: workers: auto, or a number from 1 to 1024 expected"},
      {"workers: 1.5\n", "4:1: error: workers: auto, or a number from 1 to 1024 expected"},
      {"workers: [1]\n", "4:1: error: workers: auto, or a number from 1 to 1024 expected"},
      {"workers:\n", "4:1: error: workers: has no value"},
      {"upsteam: {}\n", "4:1: error: unknown key 'upsteam', did you mean 'upstream'?"},
      {"colour: red\n", "4:1: error: unknown key 'colour'"},
      {"limits: {max_headers: 1KiB}\n",
       "4:10: error: unknown key 'max_headers' in 'limits', did you mean 'max_header'?"},
      {"limits: {max_body: 1048576}\n", "4:10: error: limits.max_body: " + size},
      {"limits: {max_body: 1M}\n", "4:10: error: limits.max_body: " + size},
      {"limits: {max_body: {}}\n", "4:10: error: limits.max_body: " + size},
      {"limits: {max_body: 0B}\n", "4:10: error: limits.max_body: must be at least 1B"},
      {"limits: {max_body: 2GiB}\n", "4:10: error: limits.max_body: must be at most 1GiB"},
      {"limits: {max_header: 1023B}\n", "4:10: error: limits.max_header: must be at least 1KiB"},
      {"limits: {max_target: 64KiB}\n",
       "4:10: error: limits.max_target: must not be more than max_header, which includes it"},
      {"limits: {idle_timeout: 60}\n", "4:10: error: limits.idle_timeout: " + duration},
      {"limits: {idle_timeout: sixty}\n", "4:10: error: limits.idle_timeout: " + duration},
      {"limits: {idle_timeout: 0s}\n", "4:10: error: limits.idle_timeout: must be at least 1ms"},
      {"limits: {idle_timeout: }\n", "4:10: error: limits.idle_timeout: has no value"},
      {"limits: none\n", "4:1: error: limits: value is not a valid dict"},
      {"cache: {max_size: 1023KiB}\n", "4:9: error: cache.max_size: must be at least 1MiB"},
      {"cache: {file: nowhere/cache}\n", "4:9: error: cache.file: there is no folder DIR/nowhere"},
      {"cache: {file: 'nowhere/${API_KEY}/cache'}\n", "4:9: error: cache.file: there is no folder for the file"},
      {"cache: {file: 1}\n", "4:9: error: cache.file: str type expected"},
      {"cache: {max_size: 256}\n", "4:9: error: cache.max_size: " + size},
      {"cache: {safe_operations: export}\n", "4:9: error: cache.safe_operations: value is not a valid list"},
      {"cache: {safe_operations: [1]}\n", "4:27: error: cache.safe_operations[0]: str type expected"},
      {list + "{ttl: 15}\n", "6:12: error: cache.rules.list.ttl: " + duration},
      {list + "{stale_while_revalidate: 15s}\n",
       "6:12: error: cache.rules.list.stale_while_revalidate: needs a ttl: without one the rule makes nothing fresh or "
       "stale"},
      {list + "{tll: 15s}\n", "6:12: error: unknown key 'tll' in 'cache.rules.list', did you mean 'ttl'?"},
      {list + "15s\n", "6:5: error: cache.rules.list: value is not a valid dict"},
      {"validation: {requests: enforced}\n",
       "4:14: error: validation.requests: unexpected value; permitted: 'enforce', 'report', 'off'"},
      {"trusted_proxies: [10.0.0.0/8, 10.0.0.0/33]\n",
       "4:31: error: trusted_proxies[1]: a network or an address expected, e.g. 10.0.0.0/8, fd00::/8, 127.0.0.1"},
      {"trusted_proxies: [10.0.0.0/8, '::/0']\n",
       "4:1: warning: trusted_proxies: every client is believed what it says of its address; name the balancers alone"},
      {"trusted_proxies: ['${API_KEY}']\n",
       "4:19: error: trusted_proxies[0]: a network or an address expected, e.g. 10.0.0.0/8, fd00::/8, 127.0.0.1"},
      {"routing: {encoded_slash: allow}\n",
       "4:11: error: unknown key 'encoded_slash' in 'routing', did you mean 'encoded_slashes'?"},
      {"operations: {Projects_get: {timeout: 0s}}\n",
       "4:29: error: operations.Projects_get.timeout: must be at least 1ms"},
      {"operations: {Projects_get: {max_body: 2GiB}}\n",
       "4:29: error: operations.Projects_get.max_body: must be at most 1GiB"},
      {"teams: {search: {concurency: 1}}\n",
       "4:18: error: unknown key 'concurency' in 'teams.search', did you mean 'concurrency'?"},
      {"teams: {search: {concurrency: 0}}\n",
       "4:18: error: teams.search.concurrency: ensure this value is greater than or equal to 1"},
      {"log: {access: yes}\n", "4:7: error: log.access: value could not be parsed to a boolean"},
      {"log: {level: loud}\n",
       "4:7: error: log.level: unexpected value; permitted: 'debug', 'info', 'warning', 'error'"},
      {"listen: ${UNSET}:80\n", "4:1: error: listen: environment variable UNSET is not set"},
      {"listen: ${:80\n",
       "4:1: error: listen: '${' must be followed by the name of an environment variable and '}'; '$$' is a dollar "
       "sign"},
      {"listen: ${A-B}:80\n",
       "4:1: error: listen: '${' must be followed by the name of an environment variable and '}'; '$$' is a dollar "
       "sign"},
      {"log: {level: '${API_KEY}'}\n",
       "4:7: error: log.level: unexpected value; permitted: 'debug', 'info', 'warning', 'error'"},
      {"limits: {idle_timeout: '${API_KEY}'}\n", "4:10: error: limits.idle_timeout: " + duration},
  }));
  INFO(yaml);
  CHECK(problems_of_lines(yaml) == Lines{expected});
}

TEST_CASE_METHOD(Checked, "listeners of one port are told apart by their addresses") {
  CHECK(
      problems_of_lines("listen: 0.0.0.0:19180\nadmin: 127.0.0.1:19180\n") ==
      Lines{
          "4:1: warning: listen: " + unencrypted,
          "5:1: error: admin: listen and admin have the same port, and one of them is every address of this machine"});
}

TEST_CASE_METHOD(Checked, "a cache is not larger than the memory of the machine") {
  const auto found = problems_of_lines("cache: {max_size: 1024GiB}\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].starts_with("4:9: error: cache.max_size: this machine has less memory: "));
}

TEST_CASE_METHOD(Checked, "mistakes of the upstream are shown at their place") {
  auto [yaml, expected] = GENERATE(table<std::string, Lines>({
      {"", {"1:1: error: upstream: field required"}},
      {"upstream:\n", {"2:1: error: upstream: field required"}},
      {"upstream: {}\n", {"2:1: error: upstream.url: field required"}},
      {"upstream: {url: }\n", {"2:12: error: upstream.url: has no value"}},
      {"upstream: {url: ''}\n", {"2:12: error: upstream.url: ensure this value has at least 1 characters"}},
      {"upstream: {url: 'ftp://a'}\n", {"2:12: error: upstream.url: must begin with http:// or https://"}},
      {"upstream: {url: 'https://me:${API_KEY}@a'}\n",
       {"2:12: error: upstream.url: must not hold a user or a password; use upstream.credential"}},
      {"upstream: {url: '${API_KEY}'}\n", {"2:12: error: upstream.url: must begin with http:// or https://"}},
      {"upstream: {url: 'https://a', retries: -1}\n",
       {"2:30: error: upstream.retries: ensure this value is greater than or equal to 0"}},
      {"upstream: {url: 'https://a', retries: two}\n", {"2:30: error: upstream.retries: value is not a valid integer"}},
      {"upstream: {url: 'https://a', max_connections: 0}\n",
       {"2:30: error: upstream.max_connections: ensure this value is greater than or equal to 1"}},
      {"upstream: {url: 'https://a', timeout: 0s}\n", {"2:30: error: upstream.timeout: must be at least 1ms"}},
      {"upstream: {url: 'https://a', ca_file: missing.pem}\n",
       {"2:30: error: upstream.ca_file: DIR/missing.pem can't be read: No such file or directory"}},
      {"upstream: {url: 'https://a', ca_file: '${API_KEY}'}\n",
       {"2:30: error: upstream.ca_file: the file can't be read: No such file or directory"}},
      {"upstream: {url: 'https://a', ca_file: key}\n",
       {"2:30: error: upstream.ca_file: holds no certificate (PEM: -----BEGIN CERTIFICATE-----)"}},
      {"upstream: {url: 'https://a', client_certificate: key, client_key: key}\n",
       {"2:30: error: upstream.client_certificate: holds no certificate (PEM: -----BEGIN CERTIFICATE-----)",
        "2:55: error: upstream.client_key: holds no private key without a passphrase (PEM: -----BEGIN PRIVATE "
        "KEY-----)"}},
      {"upstream: {url: 'https://a', client_certificate: ca.pem, client_key: writable}\n",
       {"2:58: error: upstream.client_key: everyone on this machine may write the file; take that right away (chmod "
        "o-w)"}},
      {"upstream: {url: 'https://a', proxy: 'http://me:${API_KEY}@b'}\n",
       {"2:30: error: upstream.proxy: must not hold a user or a password; use upstream.credential"}},
      {"upstream: {url: 'https://a', client_certificate: key}\n",
       {"2:30: error: upstream.client_certificate: needs the other one of client_certificate and client_key"}},
      {"upstream: {url: 'https://a', client_key: key}\n",
       {"2:30: error: upstream.client_key: needs the other one of client_certificate and client_key"}},
      {"upstream: {url: 'https://a', client_certificate: missing, client_key: missing}\n",
       {"2:30: error: upstream.client_certificate: DIR/missing can't be read: No such file or directory",
        "2:59: error: upstream.client_key: DIR/missing can't be read: No such file or directory"}},
      {"upstream: {url: 'https://a', breaker: {open: 1s}}\n",
       {"2:40: error: unknown key 'open' in 'upstream.breaker'"}},
  }));
  INFO(yaml);
  CHECK(problems("api: api.yaml\n" + yaml) == expected);
}

TEST_CASE_METHOD(Checked, "a credential has a header, and a value or a file") {
  auto [credential, expected] = GENERATE_COPY(table<std::string, Lines>({
      {"{header: X-API-KEY, value: '${API_KEY}'}", {}},
      {"{header: X-API-KEY, value_file: key}", {}},
      {"{value: '${API_KEY}'}", {"2:12: error: upstream.credential.header: field required"}},
      {"{header: X-API-KEY}", {"2:12: error: upstream.credential: needs value or value_file"}},
      {"{header: X-API-KEY, value: '${API_KEY}', value_file: key}",
       {"2:12: error: upstream.credential: has both value and value_file; give one"}},
      {"{header: X-API-KEY, value: '${UNSET}'}",
       {"2:44: error: upstream.credential.value: environment variable UNSET is not set"}},
      {"{header: X-API-KEY, value: '${API_KEY}${UNSET}'}",
       {"2:44: error: upstream.credential.value: environment variable UNSET is not set"}},
      {"{header: X-API-KEY, value: '${EMPTY}'}", {"2:44: error: upstream.credential.value: is empty"}},
      {"{header: X-API-KEY, value: '${LINES}'}", {"2:44: error: upstream.credential.value: has a control character"}},
      {"{header: X-API-KEY, value: }", {"2:44: error: upstream.credential.value: has no value"}},
      {"{header: X-API-KEY, value: 12345}", {"2:44: error: upstream.credential.value: str type expected"}},
      {"{header: X-API-KEY, value: hl_sk_9d1f-very-secret}",
       {"2:44: warning: upstream.credential.value: the secret stands in this file; ${NAME} or value_file keeps it "
        "out"}},
      {"{header: 'X API', value: '${API_KEY}'}",
       {"2:25: error: upstream.credential.header: the name of a header field expected, e.g. X-API-KEY"}},
      {"{header: X-API-KEY, value: '${SHORT}'}", {"2:44: error: upstream.credential.value: " + too_short}},
      {"{header: X-API-KEY, value: '${SIXTEEN}'}", {}},
      {"{header: Authorization, value: 'Bearer ${SIXTEEN}'}", {}},
      {"{header: authorization, value: 'Bearer ${SHORT}'}", {"2:48: error: upstream.credential.value: " + too_short}},
      {"{header: X-API-KEY, value_file: short}",
       {"2:44: error: upstream.credential.value_file: the file can't be used: has less than 16 characters"}},
      {"{header: X-API-KEY, value_file: missing}",
       {"2:44: error: upstream.credential.value_file: the file can't be used: No such file or directory"}},
      {"{header: X-API-KEY, value_file: '${API_KEY}'}",
       {"2:44: error: upstream.credential.value_file: the file can't be used: No such file or directory"}},
      {"{header: X-API-KEY, value_file: hl_sk_9d1f-very-secret}",
       {"2:44: error: upstream.credential.value_file: the file can't be used: No such file or directory"}},
      {"{header: X-API-KEY, value_file: empty}",
       {"2:44: error: upstream.credential.value_file: the file can't be used: is empty"}},
      {"{header: X-API-KEY, value_file: writable}",
       {"2:44: error: upstream.credential.value_file: the file can't be used: everyone on this machine may write the "
        "file; take that right away (chmod o-w)"}},
      {"{header: X-API-KEY, value_file: world}",
       {"2:44: warning: upstream.credential.value_file: everyone on this machine may read the file; take that right "
        "away "
        "(chmod o-r)"}},
      {"{header: X-API-KEY, valeu: hl_sk_9d1f-very-secret}",
       {"2:12: error: upstream.credential: needs value or value_file",
        "2:44: error: unknown key 'valeu' in 'upstream.credential', did you mean 'value'?"}},
      {"hl_sk_9d1f-very-secret", {"2:12: error: upstream.credential: value is not a valid dict"}},
      {"[hl_sk_9d1f-very-secret]", {"2:12: error: upstream.credential: value is not a valid dict"}},
  }));
  INFO(credential);
  CHECK(problems_of_credential(credential) == expected);
}

TEST_CASE_METHOD(Checked, "a field with a meaning of its own carries no credential") {
  const std::string header = GENERATE("Host", "range", "Cookie", "If-Range", "Content-Length", "Transfer-Encoding",
                                      "TE", "Connection", "Accept-Encoding", "X-Forwarded-For", "Forwarded", "Via");
  INFO(header);
  CHECK(problems_of_credential("{header: " + header + ", value: '${API_KEY}'}") ==
        Lines{"2:25: error: upstream.credential.header: this field has a meaning of its own in HTTP; take one for "
              "credentials, e.g. X-API-KEY"});
}

TEST_CASE_METHOD(Checked, "a field for credentials carries one") {
  const std::string header = GENERATE("X-API-KEY", "Authorization", "apikey", "Ocp-Apim-Subscription-Key");
  INFO(header);
  CHECK(problems_of_credential("{header: " + header + ", value: '${API_KEY}'}").empty());
}

TEST_CASE_METHOD(Checked, "a running process keeps its credential while the file is unusable") {
  const std::string yaml =
      "api: api.yaml\nupstream: {url: 'https://up.example', credential: {header: X-API-KEY, value_file: empty}}\n";
  const auto load = [&](const UpstreamCredential& running) {
    return load_settings(directory.write("gateway.yaml", yaml), environment, Purpose::serve, &running);
  };
  const auto loaded = load({"X-API-KEY", Secret("a good credential"), directory / "empty"});
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->upstream.credential->value.equals("a good credential"));
  CHECK(lines(loaded.problems) == Lines{"2:71: warning: upstream.credential.value_file: the file can't be used: is "
                                        "empty; the last good value stays"});

  const auto of_another_file = load({"X-API-KEY", Secret("a good credential"), directory / "key"});
  CHECK_FALSE(of_another_file.settings);
  CHECK(lines(of_another_file.problems) ==
        Lines{"2:71: error: upstream.credential.value_file: the file can't be used: is empty"});
}

TEST_CASE_METHOD(Checked, "files that are named must be there and readable") {
  const std::string upstream = "upstream: {url: 'https://up.example'}\n";
  SECTION("the contract") {
    CHECK(problems(upstream + "api: missing.yaml\n") ==
          Lines{"2:1: error: api: DIR/missing.yaml can't be read: No such file or directory"});
    CHECK(problems(upstream + "api: .\n") == Lines{"2:1: error: api: DIR/ can't be read: Is a directory"});
    CHECK(problems(upstream) ==
          Lines{"1:1: error: api: DIR/projects-v4.openapi.yaml can't be read: No such file or directory"});
  }
  SECTION("the keys file") {
    CHECK(problems(upstream + "api: api.yaml\naccess: {keys_file: missing.yaml}\n") ==
          Lines{"3:10: error: access.keys_file: DIR/missing.yaml can't be read: No such file or directory"});
    std::filesystem::remove(directory / "keys.yaml");
    CHECK(problems(upstream + "api: api.yaml\n") ==
          Lines{"1:1: error: access.keys_file: DIR/keys.yaml can't be read: No such file or directory"});
    CHECK(problems(upstream + "api: api.yaml\naccess: {mode: open}\n").empty());
  }
  SECTION("the config itself") {
    const auto loaded = load_settings(directory / "missing.yaml", environment);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].message == "can't be read: No such file or directory");
    CHECK(loaded.problems[0].place.file == (directory / "missing.yaml").string());
    CHECK_FALSE(loaded.settings);
  }
}

TEST_CASE_METHOD(Checked, "an admin listener that others reach wants tokens") {
  CHECK(problems_of_lines("admin: 0.0.0.0:9180\n") ==
        Lines{"4:1: error: admin: others than this machine reach this address, so it wants an admin_token_file"});
  CHECK(
      problems_of_lines("admin: 0.0.0.0:9180\nadmin_token_file: missing\n") ==
      Lines{
          "4:1: warning: admin: tokens and answers leave this machine unencrypted; keep the address to the operators' "
          "network",
          "5:1: error: admin_token_file: DIR/missing can't be read: No such file or directory"});
  const auto tokens = directory.write("tokens", "read:short\n");
  const auto loaded =
      load_settings(directory.write("gateway.yaml",
                                    "api: api.yaml\nupstream: {url: 'https://up.example'}\nadmin_token_file: tokens\n"),
                    environment);
  CHECK_FALSE(loaded.settings);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].place.file == tokens.string());
  CHECK(lines(loaded.problems) == Lines{"1:1: error: a token has 16 characters or more"});
}

TEST_CASE_METHOD(Checked, "what is risky but may be meant is a warning") {
  SECTION("open access on an address that others reach") {
    CHECK(problems(
              "api: api.yaml\nlisten: 0.0.0.0:8080\nupstream: {url: 'https://up.example'}\naccess: {mode: open}\n") ==
          Lines{"2:1: warning: listen: " + unencrypted,
                "4:10: warning: access.mode: everyone who reaches the listener may call without a key"});
    CHECK(problems("api: api.yaml\nupstream: {url: 'https://up.example'}\naccess: {mode: open}\n").empty());
  }
  SECTION("listeners that others reach") {
    CHECK(problems_of_lines("listen: '[::]:8080'\n") == Lines{"4:1: warning: listen: " + unencrypted});
    CHECK(problems_of_lines("listen: localhost:8080\n").empty());
    directory.write("tokens", "read:0123456789abcdef\n");
    CHECK(problems_of_lines("admin: gateway.internal:9180\nadmin_token_file: tokens\n") ==
          Lines{"4:1: warning: admin: tokens and answers leave this machine unencrypted; keep the address to the "
                "operators' "
                "network"});
  }
  SECTION("files beside the secret ones that everyone may write") {
    directory.write("api.yaml", "openapi: 3.0.0\n", 0666);
    CHECK(problems_of_lines("") == Lines{"1:1: warning: api: " + writable});
    directory.write("api.yaml", "openapi: 3.0.0\n");
    directory.write("ca.pem", pgw::config::test::certificate, 0666);
    CHECK(problems("api: api.yaml\nupstream: {url: 'https://up.example', ca_file: ca.pem}\n") ==
          Lines{"2:39: warning: upstream.ca_file: " + writable});
    const auto config = directory.write("gateway.yaml", "api: api.yaml\nupstream: {url: 'https://up.example'}\n", 0666);
    const auto loaded = load_settings(config, environment);
    CHECK(loaded.settings);
    CHECK(lines(loaded.problems) == Lines{"1:1: warning: " + writable});
  }
  SECTION("a keys file that everyone may read") {
    directory.write("keys.yaml", "keys: []\n", 0644);
    CHECK(problems_of_lines("") ==
          Lines{"3:22: warning: access.keys_file: everyone on this machine may read the file; take "
                "that right away (chmod o-r)"});
  }
  SECTION("a credential that travels unencrypted to another machine") {
    const std::string rest = ", credential: {header: X-API-KEY, value: '${API_KEY}'}}\n";
    CHECK(problems("api: api.yaml\nupstream: {url: 'http://up.example'" + rest) ==
          Lines{"2:12: warning: upstream.url: the credential travels unencrypted; use https"});
    CHECK(problems("api: api.yaml\nupstream: {url: 'http://127.0.0.1:9000'" + rest).empty());
  }
}

TEST_CASE_METHOD(Checked, "every mistake is reported at once, in the order of the file") {
  CHECK(problems(R"(listen: nowhere
upstream:
  url: gopher://up.example
  credential:
    header: X-API-KEY
    value: ${HUMANLOOP_API_KEY}
  timout: 30s
  retries: many
acces: {mode: keys}
cache:
  max_size: 256
  rules:
    list: {ttl: 15, stale_if_eror: 1h}
log: {level: verbose}
)") == Lines{
           "1:1: error: listen: HOST:PORT expected, e.g. 127.0.0.1:8080, [::1]:8080, with a port from 0 to 65535",
           "1:1: error: api: DIR/projects-v4.openapi.yaml can't be read: No such file or directory",
           "3:3: error: upstream.url: must begin with http:// or https://",
           "6:5: error: upstream.credential.value: environment variable HUMANLOOP_API_KEY is not set",
           "7:3: error: unknown key 'timout' in 'upstream', did you mean 'timeout'?",
           "8:3: error: upstream.retries: value is not a valid integer",
           "9:1: error: unknown key 'acces', did you mean 'access'?",
           "11:3: error: cache.max_size: " + size,
           "13:12: error: cache.rules.list.ttl: " + duration,
           "13:21: error: unknown key 'stale_if_eror' in 'cache.rules.list', did you mean 'stale_if_error'?",
           "14:7: error: log.level: unexpected value; permitted: 'debug', 'info', 'warning', 'error'",
       });
}

TEST_CASE_METHOD(Checked, "what is no mapping, or no YAML, is one problem with its place") {
  auto [yaml, expected] = GENERATE(table<std::string, std::string>({
      {"- a\n- b\n", "1:1: error: a mapping of keys to values expected"},
      {"just text\n", "1:1: error: a mapping of keys to values expected"},
      {"a: 1\na: 2\n", "2:1: error: the key 'a' stands here a second time"},
  }));
  CHECK(problems(yaml) == Lines{expected});
  const auto broken = problems("upstream: {url: 'https://a'\nlisten: [\n");
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].find(": error: ") != std::string::npos);
}
