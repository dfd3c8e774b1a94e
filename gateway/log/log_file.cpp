#include "gateway/log/log_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pgw::log {
namespace {

constexpr mode_t made_with = 0640;

std::string reason_of(int error) {
  return std::error_code(error, std::generic_category()).message();
}

}  // namespace

LogFile::LogFile(int descriptor) : descriptor_(descriptor) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
  std::error_code unreadable;
  path_ = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), unreadable);
}

std::string LogFile::reopen() const {
  if (path_.empty()) return {};
  const int opened = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, made_with);
  if (opened < 0) return reason_of(errno);
  const int error = ::dup2(opened, descriptor_) < 0 ? errno : 0;
  ::close(opened);
  return error == 0 ? std::string() : reason_of(error);
}

}  // namespace pgw::log
