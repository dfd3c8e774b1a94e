// Files that people hand over, read whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace pgw::base {

/// Beyond any config, API description or bundle of certificates; a device that never ends has more.
inline constexpr std::size_t most_of_a_file = std::size_t{64} * 1024 * 1024;

struct FileText {
  std::string text;
  std::string failure;  ///< why there is no text, for "FILE can't be read: ..."; empty if there is
};

/// Ends whatever the path names: a pipe is read for as long as its other end writes (a shell's `<(command)`), and given
/// up when nothing comes for five seconds.
FileText read_file(const std::filesystem::path& path, std::size_t most = most_of_a_file);

}  // namespace pgw::base
