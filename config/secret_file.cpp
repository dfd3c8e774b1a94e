#include "config/secret_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "config/file_access.h"

namespace pgw::config {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;
constexpr std::int64_t settled_after_ns = 2 * nanoseconds;

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

WipedText::WipedText(const std::filesystem::path& path) {
  // Without O_NONBLOCK a FIFO in the file's place would hold up the thread for good.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  failure_ = file < 0 ? errno_text() : read(file);
  if (file >= 0) ::close(file);
}

WipedText::~WipedText() {
  wipe(bytes_.data(), size_);
}

std::string WipedText::read(int file) {
  struct stat status = {};
  if (::fstat(file, &status) != 0) return errno_text();
  if (auto who = who_else_may_write(status); !who.empty()) return who;
  while (size_ < bytes_.size()) {
    const ssize_t got = ::read(file, bytes_.data() + size_, bytes_.size() - size_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_text();
    if (got == 0) return {};
    size_ += static_cast<std::size_t>(got);
  }
  return "is larger than 64 KiB";
}

SecretText read_secret(const std::filesystem::path& path) {
  const WipedText content(path);
  if (!content.failure().empty()) return {nullptr, content.failure()};
  const std::string_view text = without_line_end(content.view());
  if (text.empty()) return {nullptr, "is empty"};
  if (has_control_character(text)) return {nullptr, "has a control character"};
  if (text.size() < least_secret) return {nullptr, "has less than 16 characters"};
  return {std::make_shared<const Secret>(text), {}};
}

bool FileWatch::may_have_changed(std::chrono::system_clock::time_point now) {
  struct stat status = {};
  if (::stat(path_.c_str(), &status) != 0) {
    stamp_.reset();
    return true;
  }
  const Stamp stamp{status.st_dev, status.st_ino, status.st_size,
                    status.st_mtim.tv_sec * nanoseconds + status.st_mtim.tv_nsec,
                    status.st_ctim.tv_sec * nanoseconds + status.st_ctim.tv_nsec};
  if (stamp == stamp_) return false;
  const std::int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  const bool settled = now_ns - std::max(stamp.modified_ns, stamp.changed_ns) > settled_after_ns;
  stamp_ = settled ? std::optional(stamp) : std::nullopt;
  return true;
}

SecretFile::SecretFile(std::filesystem::path path, std::shared_ptr<const Secret> value)
    : watch_(std::move(path)), value_(std::move(value)) {
  refresh();
}

SecretFile::Change SecretFile::refresh(std::chrono::system_clock::time_point now) {
  const std::lock_guard one_at_a_time(refresh_mutex_);
  // Asked before the content is read: what changes in between is another change, and is read next time.
  if (!watch_.may_have_changed(now)) return Change::none;
  SecretText text = read_secret(watch_.path());

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
