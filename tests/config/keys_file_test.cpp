#include "config/keys_file.h"

#include <string>
#include <tuple>
#include <vector>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::Directory;
using pgw::config::test::lines;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

const std::string hash_a(64, 'a');
const std::string hash_b(64, 'b');
const std::string moment_rule = "a date or a moment in UTC expected, e.g. 2027-01-31, 2027-01-31T12:00:00Z";
constexpr std::chrono::sys_days today = std::chrono::year(2026) / 11 / 24;

/// An entry on one line; `rest` goes before its end.
std::string entry(const std::string& rest, const std::string& id = "k1", const std::string& hash = hash_a) {
  return "  - {id: " + id + ", team: search, sha256: " + hash + rest + "}\n";
}

}  // namespace

TEST_CASE("entries are read with all that they say") {
  const Directory directory;
  const auto loaded = load_keys(directory.write("keys.yaml", "keys:\n" + entry("") + R"(  - id: k2
    team: ads
    sha256: )" + "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789" +
                                                                 R"(
    scopes: [read, write, read]
    operations: [Projects_list, Projects_get]
    rate: 3000/m
    burst: 7
    expires: 2027-01-31
)"),
                                today);
  CHECK(lines(loaded.problems).empty());
  REQUIRE(loaded.entries.size() == 2);
  const auto& plain = loaded.entries[0];
  CHECK(plain.id == "k1");
  CHECK(plain.team == "search");
  CHECK(sha256_text(plain.sha256.value()) == hash_a);
  CHECK(plain.scopes == std::vector{Scope::read});
  CHECK(plain.operations.empty());
  CHECK_FALSE(plain.rate);
  CHECK_FALSE(plain.expires);
  const auto& full = loaded.entries[1];
  CHECK(full.id == "k2");
  CHECK(full.team == "ads");
  CHECK(sha256_text(full.sha256.value()) == "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
  CHECK(full.scopes == std::vector{Scope::read, Scope::write});
  CHECK(full.operations == std::vector<std::string>{"Projects_list", "Projects_get"});
  CHECK(full.rate == Rate{3000, 60s});
  CHECK(full.burst == 7);
  CHECK(full.expires == std::chrono::sys_days(std::chrono::year(2027) / 1 / 31));
}

TEST_CASE("a rate without a burst lets a second's worth come at once, at least one") {
  const Directory directory;
  auto [rate, burst] = GENERATE(table<std::string, std::uint32_t>({{"50/s", 50}, {"3000/m", 50}, {"100/h", 1}}));
  const auto loaded = load_keys(directory.write("keys.yaml", "keys:\n" + entry(", rate: " + rate)), today);
  REQUIRE(loaded.ok());
  CHECK(loaded.entries.at(0).burst == burst);
}

TEST_CASE("mistakes of the keys file are reported with their place") {
  const Directory directory;
  const std::string name_rule =
      "a name has 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit";
  const std::string sha_rule = "64 hexadecimal digits expected: the SHA-256 of the key, never the key";
  auto [yaml, expected] = GENERATE_COPY(table<std::string, Lines>({
      {"", {"error: keys: field required"}},
      {"key: []\n", {"1:1: error: unknown key 'key', did you mean 'keys'?", "1:1: error: keys: field required"}},
      {"keys: {}\n", {"1:1: error: keys: value is not a valid list"}},
      {"keys: []\n", {"1:1: warning: keys: no key: nobody may call"}},
      {"keys:\n  - k1\n", {"2:5: error: keys[0]: value is not a valid dict"}},
      {"keys:\n  - {team: search, sha256: " + hash_a + "}\n", {"2:5: error: keys[0].id: field required"}},
      {"keys:\n  - {id: k1, sha256: " + hash_a + "}\n", {"2:5: error: keys[0].team: field required"}},
      {"keys:\n  - {id: k1, team: search}\n", {"2:5: error: keys[0]: needs sha256, or secrets while it is rotated"}},
      {"keys:\n  - {id: 'a b', team: search, sha256: " + hash_a + "}\n", {"2:6: error: keys[0].id: " + name_rule}},
      {"keys:\n  - {id: k1, team: '', sha256: " + hash_a + "}\n",
       {"2:14: error: keys[0].team: a team's" + name_rule.substr(1)}},
      {"keys:\n  - {id: k1, team: other, sha256: " + hash_a + "}\n",
       {"2:14: error: keys[0].team: 'other' is what the metrics call unknown teams"}},
      {"keys:\n  - {id: k1, team: t, sha256: pgw_the-key-itself}\n", {"2:23: error: keys[0].sha256: " + sha_rule}},
      {"keys:\n  - {id: k1, team: t, sha256: " + hash_a + "a}\n", {"2:23: error: keys[0].sha256: " + sha_rule}},
      {"keys:\n  - {id: k1, team: t, sha256: " + std::string(64, 'g') + "}\n",
       {"2:23: error: keys[0].sha256: " + sha_rule}},
      {"keys:\n" + entry("") + entry("", "k1", hash_b),
       {"3:6: error: keys[1].id: another key has this id: keys[0].id"}},
      {"keys:\n" + entry("") + entry("", "k2"),
       {"3:28: error: keys[1].sha256: another entry has this key: keys[0].sha256"}},
      {"keys:\n" + entry(", scopes: [admin]"),
       {"2:111: error: keys[0].scopes[0]: unexpected value; permitted: 'read', 'write'"}},
      {"keys:\n" + entry(", scopes: []"), {"2:102: error: keys[0].scopes: ensure this value has at least 1 items"}},
      {"keys:\n" + entry(", scopes: read"), {"2:102: error: keys[0].scopes: value is not a valid list"}},
      {"keys:\n" + entry(", operations: []"),
       {"2:102: error: keys[0].operations: ensure this value has at least 1 items"}},
      {"keys:\n" + entry(", rate: 50"),
       {"2:102: error: keys[0].rate: a rate of 1 to 1000000 expected, e.g. 50/s, 3000/m, 100/h"}},
      {"keys:\n" + entry(", rate: 50/s, burst: 0"),
       {"2:114: error: keys[0].burst: ensure this value is greater than or equal to 1"}},
      {"keys:\n" + entry(", burst: 5"), {"2:102: error: keys[0].burst: needs a rate"}},
      {"keys:\n" + entry(", expires: 2027-02-30"), {"2:102: error: keys[0].expires: " + moment_rule}},
      {"keys:\n" + entry(", expires: 90d"), {"2:102: error: keys[0].expires: " + moment_rule}},
      {"keys:\n" + entry(", expires: 2026-11-24"), {"2:102: warning: keys[0].expires: this key has expired"}},
      {"keys:\n" + entry(", expires: 2026-11-25"), {}},
      {"keys:\n" + entry(", expires: 2026-11-24T00:00:01Z"), {}},
      {"keys:\n" + entry(", expires: 2026-11-23T23:59:59Z"), {"2:102: warning: keys[0].expires: this key has expired"}},
      {"keys:\n" + entry(", disabled: true"), {"2:102: warning: keys[0].disabled: this key is disabled"}},
      {"keys:\n" + entry(", disabled: yes"),
       {"2:102: error: keys[0].disabled: value could not be parsed to a boolean"}},
      {"keys:\n" + entry(", concurrency: 0"),
       {"2:102: error: keys[0].concurrency: ensure this value is greater than or equal to 1"}},
      {"keys:\n" + entry(", secrets: [{sha256: " + hash_b + "}]"),
       {"2:5: error: keys[0]: has both sha256 and secrets; give one"}},
      {"keys:\n  - {id: k1, team: t, secrets: [{sha256: " + hash_b + ", expires: 2026-11-01}]}\n",
       {"2:108: warning: keys[0].secrets[0].expires: this secret has expired"}},
      {"keys:\n  - {id: k1, team: t, secrets: [{expires: 2027-01-31}]}\n",
       {"2:33: error: keys[0].secrets[0].sha256: field required"}},
      {"keys:\n  - {id: k1, team: t, secrets: [{sha256: " + hash_a + "}, {sha256: " + hash_a + "}]}\n",
       {"2:110: error: keys[0].secrets[1].sha256: another entry has this key: keys[0].secrets[0].sha256"}},
      {"keys:\n" + entry(", scope: [read]"),
       {"2:102: error: unknown key 'scope' in 'keys[0]', did you mean 'scopes'?"}},
      {"keys:\n" + entry(", rate: '${RATE}'"),
       {"2:102: error: keys[0].rate: a rate of 1 to 1000000 expected, e.g. 50/s, 3000/m, 100/h"}},
  }));
  INFO(yaml);
  const auto loaded = load_keys(directory.write("keys.yaml", yaml), today);
  CHECK(lines(loaded.problems) == expected);
  const bool fatal = !expected.empty() && expected.back().find("error: ") != std::string::npos;
  CHECK(loaded.ok() == !fatal);
}

TEST_CASE("every mistake of the keys file is reported at once") {
  const Directory directory;
  const std::string name_rule =
      "a name has 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit";
  const auto loaded = load_keys(
      directory.write("keys.yaml", "keys:\n" + entry(", rate: 1, scopes: [all]") + entry(", expires: never", "-k")),
      today);
  CHECK(lines(loaded.problems) ==
        Lines{"2:102: error: keys[0].rate: a rate of 1 to 1000000 expected, e.g. 50/s, 3000/m, 100/h",
              "2:120: error: keys[0].scopes[0]: unexpected value; permitted: 'read', 'write'",
              "3:6: error: keys[1].id: " + name_rule,
              "3:28: error: keys[1].sha256: another entry has this key: keys[0].sha256",
              "3:102: error: keys[1].expires: " + moment_rule});
}

TEST_CASE("allow-lists name operations of the contract") {
  const Directory directory;
  const auto loaded = load_keys(
      directory.write("keys.yaml", "keys:\n" + entry(", operations: [Projects_list, Project_list, Other]")), today);
  REQUIRE(loaded.ok());
  const std::vector<std::string> known{"Projects_list", "Projects_get"};
  CHECK(lines(check_operations(loaded.entries, known)) ==
        Lines{"2:5: error: key 'k1': the contract has no operation 'Project_list', did you mean 'Projects_list'?",
              "2:5: error: key 'k1': the contract has no operation 'Other'"});
}

TEST_CASE("a keys file that others may write is refused") {
  const Directory directory;
  const auto path = directory.write("keys.yaml", "keys:\n" + entry(""), 0622);
  const auto loaded = load_keys(path, today);
  CHECK_FALSE(loaded.ok());
  CHECK(lines(loaded.problems) ==
        Lines{"1:1: error: everyone on this machine may write the file; take that right away (chmod o-w)"});
}

TEST_CASE("a key that is rotated has two secrets") {
  const Directory directory;
  const auto loaded =
      load_keys(directory.write("keys.yaml",
                                "keys:\n  - id: k1\n    team: t\n    concurrency: 4\n"
                                "    secrets:\n      - {sha256: " +
                                    hash_a + "}\n      - {sha256: " + hash_b + ", expires: 2027-01-31T12:30:00Z}\n"),
                today);
  CHECK(lines(loaded.problems).empty());
  REQUIRE(loaded.entries.size() == 1);
  CHECK(loaded.entries[0].concurrency == 4U);
  const auto secrets = secrets_of(loaded.entries[0]);
  REQUIRE(secrets.size() == 2);
  CHECK(sha256_text(secrets[0].sha256) == hash_a);
  CHECK_FALSE(secrets[0].expires);
  CHECK(sha256_text(secrets[1].sha256) == hash_b);
  CHECK(secrets[1].expires == std::chrono::sys_days(std::chrono::year(2027) / 1 / 31) + 12h + 30min);
  const auto again = load_keys(directory.write("keys.yaml", "keys:\n" + entry_yaml(loaded.entries[0])), today);
  CHECK(lines(again.problems).empty());
  CHECK(entry_yaml(again.entries.at(0)) == entry_yaml(loaded.entries[0]));
}

TEST_CASE("an entry is written as it is read") {
  const Directory directory;
  KeyEntry entry;
  entry.id = "on";
  entry.team = "0123";
  entry.sha256.emplace().fill(0xab);
  entry.scopes = {Scope::write};
  entry.operations = {"Projects_list", "Projects_get"};
  entry.rate = Rate{100, 3600s};
  entry.burst = 9;
  entry.expires = std::chrono::sys_days(std::chrono::year(2027) / 1 / 31);
  const auto loaded = load_keys(directory.write("keys.yaml", "keys:\n" + entry_yaml(entry)), today);
  REQUIRE(lines(loaded.problems).empty());
  REQUIRE(loaded.entries.size() == 1);
  CHECK(entry_yaml(loaded.entries[0]) == entry_yaml(entry));
  CHECK(loaded.entries[0].id == "on");
  CHECK(loaded.entries[0].team == "0123");
  CHECK(loaded.entries[0].sha256 == entry.sha256);
  CHECK(loaded.entries[0].scopes == entry.scopes);
  CHECK(loaded.entries[0].operations == entry.operations);
  CHECK(loaded.entries[0].rate == entry.rate);
  CHECK(loaded.entries[0].burst == 9);
  CHECK(loaded.entries[0].expires == entry.expires);
}
