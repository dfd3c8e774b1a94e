// docs/settings.md is made from the tables of settings, and says what they say.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "config/keys_table.h"
#include "config/settings_table.h"
#include "support/catch.h"

using namespace pgw::config;

namespace {

std::string code(const std::string& text) {
  return text.empty() || text.front() == '(' ? text : "`" + text + "`";
}

std::string table_of(const std::vector<SettingPage>& settings) {
  std::string out = "| setting | type | default | |\n|---|---|---|---|\n";
  for (const auto& setting : settings) {
    out +=
        "| `" + setting.name + "` | " + setting.type + " | " + code(setting.standard) + " | " + setting.text + " |\n";
  }
  return out;
}

std::string page() {
  return "<!-- Made from config/settings_table.cpp and config/keys_file.cpp by tests/config/settings_page_test.cpp. "
         "-->\n"
         "# Settings\n\n"
         "`config/gateway.yaml` shows them in place. Durations carry units (`250ms`, `15s`, `5m`, `1h30m`, `2d`) and "
         "so do\n"
         "sizes (`512B`, `32KiB`, `256MiB`, `2GiB`). `${NAME}` anywhere in a value is read from the environment; `$$` "
         "is a\n"
         "dollar sign. Paths are relative to the file that names them. `projects-gateway check` names every mistake "
         "with its\n"
         "place, and `GET /config` of the admin listener tells the settings in force, without secrets.\n\n"
         "## gateway.yaml\n\n" +
         table_of(settings_table().pages("")) +
         "\n## The keys file\n\n"
         "`keys:` is a list of entries. It has no `${NAME}`.\n\n" +
         table_of(key_table().pages("keys[]."));
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("docs/settings.md says what the tables of settings say") {
  const bool is_true = content_of(PGW_SETTINGS_PAGE) == page();
  if (!is_true) std::ofstream("settings.md") << page();
  INFO("settings.md in the working directory is what docs/settings.md must be");
  CHECK(is_true);
}

TEST_CASE("every setting has a type and says what it does, in one line") {
  auto settings = settings_table().pages("");
  const auto keys = key_table().pages("");
  settings.insert(settings.end(), keys.begin(), keys.end());
  CHECK(settings.size() > 60);
  for (const auto& setting : settings) {
    INFO(setting.name);
    CHECK_FALSE(setting.type.empty());
    CHECK(setting.text.ends_with('.'));
    CHECK(std::ranges::none_of(setting.type + setting.standard + setting.text,
                               [](char c) { return c == '|' || c == '\n'; }));
  }
}
