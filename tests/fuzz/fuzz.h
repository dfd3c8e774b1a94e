// What the fuzz targets share. A target is `LLVMFuzzerTestOneInput`: it gives the bytes to one reader of untrusted text
// and ends the process when the reader breaks a promise; the sanitizers end it at everything else, and libFuzzer keeps
// the input. An exception that leaves the target is a finding as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace pgw::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process unless the promise holds.
inline void promise(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// The lines of a text without their line feeds; what stands behind the last one is the last line.
inline std::vector<std::string_view> lines_of(std::string_view text, std::size_t at_most) {
  std::vector<std::string_view> lines;
  while (lines.size() + 1 < at_most && text.find('\n') != std::string_view::npos) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(lines.back().size() + 1);
  }
  lines.push_back(text);
  lines.resize(at_most);
  return lines;
}

/// A file that only its owner may read, for loaders that want a path. One for the process, written anew for each input.
class InputFile {
 public:
  explicit InputFile(const char* name) {
    std::string folder = (std::filesystem::temp_directory_path() / "pgw-fuzz-XXXXXX").string();
    promise(::mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
    path_ = std::filesystem::path(folder) / name;
  }
  ~InputFile() { std::filesystem::remove_all(path_.parent_path()); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& with(std::string_view text) const {
    std::FILE* const file = std::fopen(path_.c_str(), "wb");
    promise(file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size(),
            "the file can be written");
    std::fclose(file);
    std::filesystem::permissions(path_, std::filesystem::perms(0600));
    return path_;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace pgw::fuzz
