#include "gateway/service/warm_cache.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "gateway/log/log.h"
#include "gateway/pipeline/cache_clock.h"
#include "gateway/pipeline/process.h"

namespace pgw::service {
namespace {

namespace fs = std::filesystem;
using log::Level;

constexpr std::chrono::seconds save_at_most{5};

fs::path with_suffix(fs::path file, const char* suffix) {
  file += suffix;
  return file;
}

/// So that a file that was taken away stays away, whatever happens to the machine.
void sync_folder_of(const fs::path& file) {
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

/// Why a file of the right name may not be trusted; empty: it may.
std::string distrust(const fs::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is no regular file";
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to it";
  return {};
}

void refuse(const fs::path& file, const std::string& reason) {
  const fs::path aside = with_suffix(file, ".refused");
  std::error_code error;
  fs::rename(file, aside, error);
  sync_folder_of(file);
  if (error) {
    log::event(Level::error, "the cache's file is refused and can't be set aside: remove it before the next start",
               {{"file", file.string()}, {"reason", reason}, {"rename", error.message()}});
  } else {
    log::event(Level::warning, "the cache's file is refused; starting with an empty cache",
               {{"file", file.string()}, {"reason", reason}, {"kept_as", aside.string()}});
  }
}

struct Umask {
  explicit Umask(mode_t mask) : previous(::umask(mask)) {}
  ~Umask() { ::umask(previous); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  mode_t previous;
};

/// Whole or not at all. What is wrong, or nothing.
std::string write_archive(cache::Cache& cache, const fs::path& file, const cache::ArchiveIdentity& identity,
                          cache::Saved& saved) {
  const fs::path part = with_suffix(file, ".part");
  std::error_code error;
  fs::remove(part, error);
  const auto deadline = std::chrono::steady_clock::now() + save_at_most;
  std::ofstream out;
  {
    const Umask only_this_user(S_IRWXG | S_IRWXO);
    errno = 0;
    out.open(part, std::ios::binary);
  }
  saved = cache.save(out, identity, pipeline::cache_now(),
                     [deadline] { return std::chrono::steady_clock::now() < deadline; });
  out.close();
  if (out) {
    fs::rename(part, file, error);
    return error ? error.message() : std::string();
  }
  std::string reason = errno != 0 ? std::strerror(errno) : "it can't be written";
  fs::remove(part, error);
  return reason;
}

}  // namespace

std::size_t restore_cache(cache::Cache& cache, const fs::path& file, const cache::ArchiveIdentity& identity) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) {
    log::event(Level::info, "no file of a cache; starting with an empty one", {{"file", file.string()}});
    return 0;
  }
  if (const std::string reason = distrust(file); !reason.empty()) {
    refuse(file, reason);
    return 0;
  }
  std::ifstream in(file, std::ios::binary);
  const auto restored = cache.restore(in, identity, pipeline::cache_now());
  if (restored.fault != cache::ArchiveFault::none) {
    refuse(file, std::string(to_string(restored.fault)));
    return 0;
  }
  fs::remove(file, error);
  sync_folder_of(file);
  if (error) {
    cache.purge_all(cache::PurgeMode::hard);
    log::event(Level::error, "the cache's file can't be removed, and so not be used: a later start would read it again",
               {{"file", file.string()}, {"reason", error.message()}});
    return 0;
  }
  log::event(Level::info, "the cache was restored from its file",
             {{"file", file.string()}, {"entries", std::to_string(restored.entries)}});
  return restored.entries;
}

void save_cache(cache::Cache& cache, const fs::path& file, const cache::ArchiveIdentity& identity) {
  cache::Saved saved;
  const std::string failure = write_archive(cache, file, identity, saved);
  if (!failure.empty()) {
    log::event(Level::error, "the cache could not be saved", {{"file", file.string()}, {"reason", failure}});
    return;
  }
  log::event(saved.is_all ? Level::info : Level::warning,
             saved.is_all ? "the cache was saved to its file" : "the cache was saved in part: the time was up",
             {{"file", file.string()}, {"entries", std::to_string(saved.entries)}});
}

}  // namespace pgw::service
