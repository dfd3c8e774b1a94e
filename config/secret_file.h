// A secret that lives in a file and may be replaced while the gateway runs (`value_file`, e.g. a mounted secret).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace pgw::config {

/// What `read_secret` found: a value, or the reason why there is none. The reason never quotes the file's content.
struct SecretText {
  std::shared_ptr<const Secret> value;
  std::string failure;  ///< e.g. "No such file or directory", "is empty", "has a control character"
};

/// A shorter secret couldn't be told from other text, and so not be kept out of what the upstream sends back.
inline constexpr std::size_t least_secret = 16;

/// The content of `path` without the line end that editors leave. Refused: an empty file, less than `least_secret`
/// bytes, more than 64 KiB, a control character within (a header field can't carry it).
SecretText read_secret(const std::filesystem::path& path);

/// Whether `text` could not be the value of a header field (RFC 9110 section 5.5).
bool has_control_character(std::string_view text);

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

  /// Asks the file system whether the file changed (device, inode, size, modification and status change times) and
  /// reads it if so. A file that was modified less than two seconds before it was read is read again, since a second
  /// change within one tick of the file system's clock shows in none of these. One stat(2) when nothing changed. `now`
  /// is the file system's clock.
  Change refresh(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

  /// The last good value; null before the first one.
  std::shared_ptr<const Secret> snapshot() const;

  /// Why the last read failed; empty when it didn't.
  std::string failure() const;

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
  static std::optional<Stamp> stamp_of(const std::filesystem::path& path);

  const std::filesystem::path path_;
  std::mutex refresh_mutex_;    // one refresh at a time; guards stamp_
  std::optional<Stamp> stamp_;  // of the content that was read last, once it can't change unnoticed
  mutable std::mutex mutex_;    // guards value_ and failure_, held for a copy
  std::shared_ptr<const Secret> value_;
  std::string failure_;
};

}  // namespace pgw::config
