// Files to read, and problems as text to compare with.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include "contract/document.h"

namespace pgw::config::test {

/// A directory that goes with the test.
class Directory {
 public:
  Directory() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }

  std::filesystem::path operator/(std::string_view name) const { return std::filesystem::path(path_) / name; }

  /// Writes a file that only its owner may read.
  std::filesystem::path write(std::string_view name, std::string_view content, mode_t mode = 0600) const {
    auto path = *this / name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "pgw-config-XXXXXX").string();
};

/// "4:3: error: message", or "error: message" without a place in the file, whose name is left out.
inline std::vector<std::string> lines(const std::vector<contract::Problem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    const std::string text = contract::to_string(problem);
    const std::size_t separator = problem.place.line > 0 ? 1 : 2;  // "file:4:3: error: ..." or "file: error: ..."
    out.push_back(text.substr(problem.place.file.size() + separator));
  }
  return out;
}

}  // namespace pgw::config::test
