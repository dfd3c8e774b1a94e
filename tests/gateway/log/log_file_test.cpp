#include "gateway/log/log_file.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include "support/catch.h"

using pgw::log::LogFile;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "pgw-log-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path path;
};

void put(int descriptor, std::string_view text) {
  REQUIRE(::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("a log that was renamed goes on in a new file of the old name") {
  const Folder folder;
  const fs::path file = folder.path / "access.log";
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  REQUIRE(descriptor >= 0);
  const LogFile log(descriptor);
  put(descriptor, "one\n");
  fs::rename(file, folder.path / "access.log.1");
  put(descriptor, "two\n");
  CHECK(log.reopen().empty());
  put(descriptor, "three\n");
  CHECK(content(folder.path / "access.log.1") == "one\ntwo\n");
  CHECK(content(file) == "three\n");
  ::close(descriptor);
}

TEST_CASE("a log that can't be opened again stays where it is, and says why") {
  const Folder folder;
  const fs::path file = folder.path / "logs" / "access.log";
  fs::create_directory(file.parent_path());
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  REQUIRE(descriptor >= 0);
  const LogFile log(descriptor);
  fs::rename(file.parent_path(), folder.path / "gone");
  CHECK(log.reopen() == "No such file or directory");
  put(descriptor, "one\n");
  CHECK(content(folder.path / "gone" / "access.log") == "one\n");
  ::close(descriptor);
}

TEST_CASE("a pipe has no file to open again") {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const LogFile log(ends[1]);
  CHECK(log.path().empty());
  CHECK(log.reopen().empty());
  put(ends[1], "x");  // still the pipe
  ::close(ends[0]);
  ::close(ends[1]);
}
