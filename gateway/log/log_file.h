// A log that is a file, which a rotation renames.
#pragma once

#include <filesystem>
#include <string>

namespace pgw::log {

/// Remembers the name under which a descriptor's file was opened. Not thread-safe.
class LogFile {
 public:
  explicit LogFile(int descriptor);

  /// Empty for a pipe, a terminal or a socket, which have nothing to open again.
  const std::filesystem::path& path() const { return path_; }

  /// Opens the file of that name, made if it isn't there, and puts it under the same descriptor, so that whoever writes
  /// there need not know. Why it can't be done, and then the old file stays; or nothing.
  std::string reopen() const;

 private:
  int descriptor_;
  std::filesystem::path path_;
};

}  // namespace pgw::log
