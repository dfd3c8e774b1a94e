// A secret that lives in a file and may be replaced while the gateway runs (`value_file`, e.g. a mounted secret).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/secret.h"

namespace pgw::config {

/// What `read_secret` found: a value, or the reason why there is none. The reason never quotes the file's content.
struct SecretText {
  std::shared_ptr<const Secret> value;
  std::string failure;  ///< e.g. "No such file or directory", "is empty", "has a control character"
};

/// A shorter secret couldn't be told from other text, and so not be kept out of what the upstream sends back.
inline constexpr std::size_t least_secret = 16;

/// The content of a file that holds secrets, in a buffer that leaves nothing behind: at most 64 KiB, refused where
/// others may write the file (config/file_access.h).
class WipedText {
 public:
  explicit WipedText(const std::filesystem::path& path);
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  ~WipedText();

  std::string_view view() const { return {bytes_.data(), size_}; }
  /// Why there is nothing to view; empty when the file was read.
  const std::string& failure() const { return failure_; }

 private:
  static constexpr std::size_t most = 64UL * 1024;
  std::string read(int file);

  std::array<char, most + 1> bytes_{};
  std::size_t size_ = 0;
  std::string failure_;
};

/// The content of `path` without the line end that editors leave. Refused: an empty file, less than `least_secret`
/// bytes, more than 64 KiB, a control character within (a header field can't carry it).
SecretText read_secret(const std::filesystem::path& path);

/// Whether `text` could not be the value of a header field (RFC 9110 section 5.5).
bool has_control_character(std::string_view text);

/// Tells that a file changed by what the file system says of it: device, inode, size, modification and status change
/// times. Not thread-safe.
class FileWatch {
 public:
  explicit FileWatch(std::filesystem::path path) : path_(std::move(path)) {}

  /// Whether the content may be another one than at the last call; true at the first. A file that was modified less
  /// than two seconds before may be asked for again, since a second change within one tick of the file system's clock
  /// shows in none of these; so may one that isn't there. One stat(2). `now` is the file system's clock.
  bool may_have_changed(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  std::filesystem::path path_;
  std::optional<Stamp> stamp_;  // of the last call, once the file can't change unnoticed
};

/// Follows one file. Thread-safe: `refresh` may be called by one thread (a timer's, say) while others take snapshots.
class SecretFile {
 public:
  enum class Change {
    none,      ///< the file is as it was
    replaced,  ///< a new value is in force
    unusable,  ///< unreadable or empty: the last good value stays in force; `failure` says why
  };

  /// Reads the file. `value` is the initial value when the file can't be read (may be null).
  explicit SecretFile(std::filesystem::path path, std::shared_ptr<const Secret> value = nullptr);

  /// Reads the file if it may have changed: see FileWatch.
  Change refresh(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

  /// The last good value; null before the first one.
  std::shared_ptr<const Secret> snapshot() const;

  /// Why the last read failed; empty when it didn't.
  std::string failure() const;

  const std::filesystem::path& path() const { return watch_.path(); }

 private:
  std::mutex refresh_mutex_;  // one refresh at a time; guards watch_
  FileWatch watch_;
  mutable std::mutex mutex_;  // guards value_ and failure_, held for a copy
  std::shared_ptr<const Secret> value_;
  std::string failure_;
};

}  // namespace pgw::config
