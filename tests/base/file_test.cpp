#include "base/file.h"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "support/catch.h"

namespace pgw::base::test {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pgw-file-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path file(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  std::filesystem::path fifo() const {
    REQUIRE(::mkfifo((path_ / "fifo").c_str(), 0600) == 0);
    return path_ / "fifo";
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("a file is read whole, whatever bytes it has") {
  const Folder folder;
  const std::string content = std::string("a\0b\r\n\xff", 6) + std::string(300'000, 'x');
  const auto read = read_file(folder.file("some", content));
  CHECK(read.failure.empty());
  CHECK(read.text == content);
  CHECK(read_file(folder.file("empty", "")).failure.empty());
}

TEST_CASE("why a file can't be read is said") {
  const Folder folder;
  CHECK(read_file(folder.path() / "none").failure == "No such file or directory");
  CHECK(read_file(folder.path()).failure == "Is a directory");
}

TEST_CASE("a file beyond the limit, and a device without an end, are given up") {
  const Folder folder;
  const std::size_t most = 1024UL * 1024;
  CHECK(read_file(folder.file("fits", std::string(most, 'x')), most).text.size() == most);
  for (const auto& path : {folder.file("large", std::string(most + 1, 'x')), std::filesystem::path("/dev/zero")}) {
    const auto read = read_file(path, most);
    CHECK(read.failure == "is larger than 1 MiB");
    CHECK(read.text.empty());
  }
}

TEST_CASE("a pipe is read to its end, and one that nobody writes is empty") {
  const Folder folder;
  const auto fifo = folder.fifo();
  CHECK(read_file(fifo).text.empty());

  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const std::string content(200'000, 'p');
  std::thread writer([&] {
    for (std::size_t at = 0; at < content.size();) {
      const ssize_t wrote = ::write(ends[1], content.data() + at, content.size() - at);
      if (wrote > 0) at += static_cast<std::size_t>(wrote);
    }
    ::close(ends[1]);
  });
  const auto read = read_file("/dev/fd/" + std::to_string(ends[0]));
  writer.join();
  ::close(ends[0]);
  CHECK(read.failure.empty());
  CHECK(read.text == content);
}

}  // namespace
}  // namespace pgw::base::test
