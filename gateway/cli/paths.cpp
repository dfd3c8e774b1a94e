#include "gateway/cli/paths.h"

#include <system_error>

namespace pgw::cli {
namespace {

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::filesystem::path bundled_file(const char* name) {
  const auto here = program_folder();
  for (auto folder = here; folder.has_relative_path(); folder = folder.parent_path()) {
    if (auto beside = folder / "config" / name; std::filesystem::exists(beside)) return beside;
  }
  return here.parent_path() / "share" / "projects-gateway" / name;
}

std::filesystem::path default_file(const char* name) {
  const auto installed = std::filesystem::path("/etc/projects-gateway") / name;
  return std::filesystem::exists(installed) ? installed : bundled_file(name);
}

}  // namespace pgw::cli
