#include "base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pgw::base {
namespace {

constexpr int patience_ms = 5000;

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  const int number_;
};

bool something_comes(int file) {
  pollfd waiting{file, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, patience_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

/// Empty, or why it failed.
std::string read_to_end(int file, std::size_t most, std::string& into) {
  std::array<char, std::size_t{64} * 1024> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const ssize_t got = ::read(file, piece.data(), piece.size());
    if (got == 0) return {};
    if (got > 0) {
      into.append(piece.data(), static_cast<std::size_t>(got));
      if (into.size() > most) return "is larger than " + std::to_string(most / 1024 / 1024) + " MiB";
    } else if (errno == EAGAIN) {
      if (!something_comes(file)) return "nothing comes out of this pipe";
    } else if (errno != EINTR) {
      return std::strerror(errno);
    }
  }
}

}  // namespace

FileText read_file(const std::filesystem::path& path, std::size_t most) {
  const Descriptor file(path);
  if (file.number() < 0) return {{}, std::strerror(errno)};
  FileText content;
  struct stat status = {};
  if (::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode)) {
    content.text.reserve(std::min(static_cast<std::size_t>(status.st_size), most));
  }
  content.failure = read_to_end(file.number(), most, content.text);
  if (!content.failure.empty()) content.text.clear();
  return content;
}

}  // namespace pgw::base
