// The files that are shipped in config/ work as they are.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/files.h"
#include "config/keys_file.h"
#include "config/settings.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::Directory;
using pgw::config::test::lines;

namespace {

const std::filesystem::path shipped = PGW_CONFIG_FILES;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::chrono::sys_days release = std::chrono::year(2026) / 11 / 24;

/// gateway.yaml in a directory of its own, with the files that it names.
struct Installed {
  Directory directory;
  Installed() {
    directory.write("projects-v4.openapi.yaml", "openapi: 3.0.0\n");
    directory.write("keys.yaml", content(shipped / "keys.example.yaml"));
    directory.write("gateway.yaml", content(shipped / "gateway.yaml"));
  }
  Loaded load(const std::string& key) const {
    return load_settings(directory / "gateway.yaml", [key](const std::string& name) {
      return name == "HUMANLOOP_API_KEY" && !key.empty() ? std::optional(key) : std::nullopt;
    });
  }
};

}  // namespace

TEST_CASE_METHOD(Installed, "gateway.yaml needs the upstream's key in the environment and nothing else") {
  const auto loaded = load("the-key-of-the-upstream");
  CHECK(lines(loaded.problems).empty());
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->upstream.url.text() == "https://api.humanloop.com/v4");
  CHECK(loaded.settings->upstream.credential->value.equals("the-key-of-the-upstream"));
  CHECK(loaded.settings->cache.safe_operations == std::vector<std::string>{"Projects_export"});

  const auto without = load("");
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].message == "upstream.credential.value: environment variable HUMANLOOP_API_KEY is not set");
}

TEST_CASE_METHOD(Installed, "gateway.yaml spells every default out as it is") {
  const auto loaded = load("the-key-of-the-upstream");
  REQUIRE(loaded.settings);
  auto stated = redacted(*loaded.settings);
  const auto bare = load_settings(directory.write("bare.yaml", "upstream: {url: 'https://api.humanloop.com/v4'}\n"));
  REQUIRE(bare.settings);
  auto defaults = redacted(*bare.settings);
  for (auto* config : {&stated, &defaults}) {
    (*config)["upstream"].erase("credential");
    (*config)["cache"].erase("rules");
    (*config)["cache"].erase("safe_operations");
  }
  CHECK(stated == defaults);
}

TEST_CASE_METHOD(Installed, "gateway.yaml names operations of the Projects API") {
  const std::vector<std::string> known{"Projects_list",
                                       "Projects_get",
                                       "Projects_create",
                                       "Projects_update",
                                       "Projects_getActiveConfig",
                                       "Projects_listConfigs",
                                       "Projects_listDeployedConfigs",
                                       "Projects_export",
                                       "Datasets_listAllForProject",
                                       "Evaluations_listAllForProject"};
  const auto loaded = load("the-key-of-the-upstream");
  REQUIRE(loaded.settings);
  CHECK(lines(check_operations(*loaded.settings, known)).empty());
  CHECK(lines(check_operations(load_keys(shipped / "keys.example.yaml", release).entries, known)).empty());
}

TEST_CASE("keys.example.yaml shows two keys, one of them limited to some operations") {
  const auto loaded = load_keys(shipped / "keys.example.yaml", release);
  CHECK(lines(loaded.problems).empty());
  REQUIRE(loaded.entries.size() == 2);
  CHECK(loaded.entries[0].sha256 != loaded.entries[1].sha256);
  CHECK(loaded.entries[0].scopes == std::vector{Scope::read, Scope::write});
  CHECK(loaded.entries[1].operations.size() == 3);
}
