#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/paths.h"
#include "gateway/cli/problems.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::cli {

int check(const std::filesystem::path& config, Detail detail) {
  const auto file = config.empty() ? default_file("gateway.yaml") : config;
  const auto files = pipeline::load_files(config::load_settings(file));
  bool failed = print_problems(files.problems, detail) || !files.usable();
  if (files.usable()) {
    failed = print_problems(pipeline::build_runtime(*files.settings, files.api.contract).problems, detail) || failed;
  }
  if (failed) return 1;
  std::cout << file.string() << ": ok\n";
  return 0;
}

}  // namespace pgw::cli
