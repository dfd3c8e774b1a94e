#include "config/secret_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pgw::config {
namespace {

constexpr std::size_t max_secret = 64UL * 1024;
constexpr std::int64_t nanoseconds = 1'000'000'000;
constexpr std::int64_t settled_after_ns = 2 * nanoseconds;

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// A buffer on the stack that leaves nothing behind.
struct Buffer {
  std::array<char, max_secret + 1> bytes{};
  std::size_t size = 0;
  ~Buffer() { wipe(bytes.data(), size); }
};

SecretText failed(std::string reason) {
  return {nullptr, std::move(reason)};
}

/// What errno says.
SecretText failed_call() {
  return failed(std::error_code(errno, std::generic_category()).message());
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

SecretText read_secret(const std::filesystem::path& path) {
  const FileDescriptor file(path);
  if (file.get() < 0) return failed_call();
  Buffer buffer;
  while (buffer.size < buffer.bytes.size()) {
    const ssize_t got = ::read(file.get(), buffer.bytes.data() + buffer.size, buffer.bytes.size() - buffer.size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed_call();
    if (got == 0) break;
    buffer.size += static_cast<std::size_t>(got);
  }
  if (buffer.size > max_secret) return failed("is larger than 64 KiB");
  const std::string_view text = without_line_end({buffer.bytes.data(), buffer.size});
  if (text.empty()) return failed("is empty");
  if (has_control_character(text)) return failed("has a control character");
  if (text.size() < least_secret) return failed("has less than 16 characters");
  return {std::make_shared<const Secret>(text), {}};
}

SecretFile::SecretFile(std::filesystem::path path, std::shared_ptr<const Secret> value)
    : path_(std::move(path)), value_(std::move(value)) {
  refresh();
}

std::optional<SecretFile::Stamp> SecretFile::stamp_of(const std::filesystem::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Stamp{status.st_dev, status.st_ino, status.st_size,
               status.st_mtim.tv_sec * nanoseconds + status.st_mtim.tv_nsec,
               status.st_ctim.tv_sec * nanoseconds + status.st_ctim.tv_nsec};
}

SecretFile::Change SecretFile::refresh(std::chrono::system_clock::time_point now) {
  const std::lock_guard one_at_a_time(refresh_mutex_);
  // Taken before the content is read: what changes in between has another stamp and is read next time.
  const auto stamp = stamp_of(path_);
  if (stamp && stamp == stamp_) return Change::none;
  SecretText text = read_secret(path_);
  const std::int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  const bool settled = stamp && now_ns - std::max(stamp->modified_ns, stamp->changed_ns) > settled_after_ns;
  stamp_ = settled && text.value ? stamp : std::nullopt;

  const std::lock_guard lock(mutex_);
  failure_ = std::move(text.failure);
  if (!text.value) return Change::unusable;
  if (value_ && value_->equals(text.value->reveal())) return Change::none;
  value_ = std::move(text.value);
  return Change::replaced;
}

std::shared_ptr<const Secret> SecretFile::snapshot() const {
  const std::lock_guard lock(mutex_);
  return value_;
}

std::string SecretFile::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace pgw::config
