#include "gateway/pipeline/runtime.h"

#include <string>
#include <tuple>
#include <vector>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::pipeline;
using pgw::config::test::Directory;

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view api = R"(openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /projects:
    get: {operationId: list, responses: {'200': {description: ok}}}
    post: {operationId: create, responses: {'200': {description: ok}}}
  /projects/{id}:
    get:
      operationId: one
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
)";

/// The operator's files, and what is said of them.
struct Files {
  Directory directory;

  Files() {
    directory.write("api.yaml", api);
    directory.write("keys.yaml", "keys: [{id: a, team: a, sha256: " + std::string(64, 'a') + "}]\n");
  }

  /// "gateway.yaml:1:1: error: ...".
  Lines problems(std::string_view config) const {
    auto files = load_files(pgw::config::load_settings(directory.write("gateway.yaml", config)));
    Lines out;
    const auto add = [&](const std::vector<pgw::contract::Problem>& problems) {
      for (const auto& problem : problems) {
        out.push_back(pgw::contract::to_string(problem).substr((directory / "").string().size()));
      }
    };
    add(files.problems);
    if (files.usable()) add(build_runtime(*files.settings, files.api.contract).problems);
    return out;
  }

  Lines problems_of_rules(const std::string& rules) const {
    return problems("api: api.yaml\nupstream: {url: 'http://127.0.0.1:1'}\ncache: {rules: {" + rules + "}}\n");
  }
};

}  // namespace

TEST_CASE_METHOD(Files, "a rule that goes before the origin's word is said to do so") {
  CHECK(problems_of_rules("list: {ttl: 1s, override: true}") ==
        Lines{"gateway.yaml:3:33: warning: list is served for as long as this rule says, whatever lifetime the origin "
              "states"});
  CHECK(problems_of_rules("list: {ttl: 1s}").empty());
}

TEST_CASE_METHOD(Files, "rules name paths of the contract, and freshness is for reads") {
  auto [rules, expected] = GENERATE(table<std::string, Lines>({
      {"create: {invalidates: [/projects]}", {}},
      {"create: {invalidates: [/projects/pr_1]}", {}},
      {"create: {invalidates: [list]}", {}},
      {"list: {ttl: 1s, stale_while_revalidate: 1s, stale_if_error: 1s}", {}},
      {"create: {invalidates: [list, /proects]}",
       {"gateway.yaml:3:46: error: '/proects' is no path of the contract, nor the beginning of one, did you mean "
        "'/projects'?"}},
      {"create: {invalidates: [/projects/a/b]}",
       {"gateway.yaml:3:40: error: '/projects/a/b' is no path of the contract, nor the beginning of one, did you mean "
        "'/projects'?"}},
      {"create: {invalidates: ['/projects/{id}']}",
       {"gateway.yaml:3:40: error: '/projects/{id}' needs the path parameter {id}, which create (/projects) does not "
        "have"}},
      {"create: {ttl: 1s}", {"gateway.yaml:3:26: error: ttl is for operations that read: create is a POST"}},
      {"create: {ttl: 1s, stale_while_revalidate: 2s, stale_if_error: 3s}",
       {"gateway.yaml:3:26: error: ttl is for operations that read: create is a POST",
        "gateway.yaml:3:35: error: stale_while_revalidate is for operations that read: create is a POST",
        "gateway.yaml:3:63: error: stale_if_error is for operations that read: create is a POST"}},
  }));
  INFO(rules);
  CHECK(problems_of_rules(rules) == expected);
}

TEST_CASE_METHOD(Files, "mistakes of all files are said at once") {
  directory.write("keys.yaml", "keys: [{id: a, team: a, sha256: " + std::string(64, 'a') + ", operations: [lst]}]\n",
                  0602);
  const Lines of_keys{
      "keys.yaml:1:1: error: everyone on this machine may write the file; take that right away (chmod o-w)",
      "keys.yaml:1:8: error: key 'a': the contract has no operation 'lst', did you mean 'list'?"};
  const std::string upstream = "upstream: {url: 'http://127.0.0.1:1'}\n";
  SECTION("when only the keys are wrong") {
    CHECK(problems("api: api.yaml\n" + upstream) == of_keys);
  }
  SECTION("when the config is wrong, too") {
    Lines all{"gateway.yaml:3:1: error: workers: auto, or a number from 1 to 1024 expected",
              "gateway.yaml:4:17: error: cache.rules.lst: the contract has no operation 'lst', did you mean 'list'?"};
    all.insert(all.end(), of_keys.begin(), of_keys.end());
    CHECK(problems("api: api.yaml\n" + upstream + "workers: 0\ncache: {rules: {lst: {ttl: 1s}}}\n") == all);
  }
  SECTION("when the API description is no document") {
    directory.write("api.yaml", "openapi: [\n");
    const auto found = problems("api: api.yaml\nworkers: 0\n" + upstream);
    REQUIRE(found.size() == 3);
    CHECK(found[0] == "gateway.yaml:2:1: error: workers: auto, or a number from 1 to 1024 expected");
    CHECK(found[1].starts_with("api.yaml:"));
    CHECK(found[2] == of_keys[0]);
  }
  SECTION("when files are missing, each is said once") {
    std::filesystem::remove(directory / "keys.yaml");
    const auto found = problems("api: missing.yaml\n" + upstream);
    REQUIRE(found.size() == 2);
    CHECK(found[0].starts_with("gateway.yaml:1:1: error: api: "));
    CHECK(found[1].starts_with("gateway.yaml:1:1: error: access.keys_file: "));
  }
}

TEST_CASE_METHOD(Files, "the keys of a running configuration are replaced whole, or not at all") {
  auto files = load_files(pgw::config::load_settings(
      directory.write("gateway.yaml", "api: api.yaml\nupstream: {url: 'http://127.0.0.1:1'}\n")));
  REQUIRE(files.usable());
  const auto built = build_runtime(*files.settings, files.api.contract);
  REQUIRE(built.runtime != nullptr);
  const auto ids = [](const Runtime& runtime) {
    Lines out;
    for (const auto& principal : runtime.keys->principals()) out.push_back(principal.key_id);
    return out;
  };
  CHECK(ids(*built.runtime) == Lines{"a"});
  directory.write("keys.yaml", "keys: [{id: b, team: a, sha256: " + std::string(64, 'b') + "}]\n");
  const auto next = with_keys(*built.runtime, {});
  REQUIRE(next.runtime != nullptr);
  CHECK(ids(*next.runtime) == Lines{"b"});
  CHECK(next.runtime->keys_digest != built.runtime->keys_digest);
  CHECK(next.runtime->keys_digest == digest_of_file(directory / "keys.yaml"));
  directory.write("keys.yaml", "keys: [{id: c, team: a}]\n");
  const auto refused = with_keys(*next.runtime, {});
  CHECK(refused.runtime == nullptr);
  CHECK(refused.problems.size() == 1);
}
