#include "config/secret_file.h"

#include <atomic>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <tuple>
#include <unistd.h>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::Directory;
using Change = SecretFile::Change;

namespace {

std::string value(const SecretFile& file) {
  const auto snapshot = file.snapshot();
  return snapshot ? std::string(snapshot->reveal()) : "(none)";
}

/// As if it had been modified that long ago.
void age(const std::filesystem::path& path, long seconds) {
  timespec then = {};
  ::clock_gettime(CLOCK_REALTIME, &then);
  then.tv_sec -= seconds;
  const timespec times[2] = {then, then};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("a secret's file loses the line end that editors leave, and nothing else") {
  const Directory directory;
  auto [content, secret, failure] = GENERATE(table<std::string, std::string, std::string>({
      {"sixteen letters!", "sixteen letters!", ""},
      {"sixteen letters!\n", "sixteen letters!", ""},
      {"sixteen letters!\r\n", "sixteen letters!", ""},
      {"sixteen letters!\n\n", "sixteen letters!", ""},
      {" sixteen letters ", " sixteen letters ", ""},
      {"fifteen letters\n", "", "has less than 16 characters"},
      {std::string(64UL * 1024, 'x'), std::string(64UL * 1024, 'x'), ""},
      {"", "", "is empty"},
      {"\n", "", "is empty"},
      {"a\nb", "", "has a control character"},
      {"a\tb", "", "has a control character"},
      {std::string("a\0b", 3), "", "has a control character"},
      {std::string(64UL * 1024 + 1, 'x'), "", "is larger than 64 KiB"},
  }));
  const auto read = read_secret(directory.write("key", content));
  CHECK((read.value ? std::string(read.value->reveal()) : "") == secret);
  CHECK(read.failure == failure);
}

TEST_CASE("a file that can't be read says why") {
  const Directory directory;
  CHECK(read_secret(directory / "missing").failure == "No such file or directory");
  CHECK(read_secret(directory / "").failure == "Is a directory");
}

TEST_CASE("a replaced value takes effect, however it was replaced") {
  const Directory directory;
  const auto path = directory.write("key", "the first credential\n");
  SecretFile file(path);
  CHECK(value(file) == "the first credential");
  CHECK(file.refresh() == Change::none);

  SECTION("written in place") {
    directory.write("key", "the second credential\n");
  }
  SECTION("written in place with the same length") {
    directory.write("key", "the other credential\n");
  }
  SECTION("renamed over it") {
    std::filesystem::rename(directory.write("new", "the second credential\n"), path);
  }
  SECTION("as a link that now points elsewhere") {
    std::filesystem::remove(path);
    std::filesystem::create_symlink(directory.write("elsewhere", "the second credential\n"), path);
  }
  CHECK(file.refresh() == Change::replaced);
  CHECK(value(file) != "the first credential");
  CHECK(file.refresh() == Change::none);
}

TEST_CASE("a file that changed twice within one tick of its clock is read again") {
  const Directory directory;
  const auto path = directory.write("key", "the first credential\n");
  struct stat before = {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  SecretFile file(path);
  directory.write("key", "the other credential\n");
  const timespec times[2] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  CHECK(file.refresh() == Change::replaced);
  CHECK(value(file) == "the other credential");
}

TEST_CASE("a change after a long rest is noticed") {
  const Directory directory;
  const auto path = directory.write("key", "the first credential");
  SecretFile file(path);
  const auto later = std::chrono::system_clock::now() + std::chrono::hours(1);
  CHECK(file.refresh(later) == Change::none);
  CHECK(file.refresh(later) == Change::none);
  directory.write("key", "the other credential");
  CHECK(file.refresh(later) == Change::replaced);
  CHECK(value(file) == "the other credential");
}

TEST_CASE("the last good value stays while the file is unusable") {
  const Directory directory;
  const auto path = directory.write("key", "the first credential");
  SecretFile file(path);
  std::string failure;
  SECTION("because it is gone") {
    std::filesystem::remove(path);
    failure = "No such file or directory";
  }
  SECTION("because it is empty") {
    directory.write("key", "");
    failure = "is empty";
  }
  SECTION("because it is no header value") {
    directory.write("key", "a\nb");
    failure = "has a control character";
  }
  CHECK(file.refresh() == Change::unusable);
  CHECK(file.refresh() == Change::unusable);
  CHECK(value(file) == "the first credential");
  CHECK(file.failure() == failure);

  directory.write("key", "the second credential");
  CHECK(file.refresh() == Change::replaced);
  CHECK(value(file) == "the second credential");
  CHECK(file.failure().empty());
}

TEST_CASE("a file that appears later is found") {
  const Directory directory;
  SecretFile without(directory / "key");
  SecretFile with(directory / "key", std::make_shared<const Secret>("the initial credential"));
  CHECK(without.snapshot() == nullptr);
  CHECK(value(with) == "the initial credential");
  directory.write("key", "the found credential");
  CHECK(without.refresh() == Change::replaced);
  CHECK(value(without) == "the found credential");
}

TEST_CASE("a touched file with the same value is no change") {
  const Directory directory;
  const auto path = directory.write("key", "the first credential");
  SecretFile file(path);
  const auto snapshot = file.snapshot();
  age(path, 60);
  CHECK(file.refresh() == Change::none);
  CHECK(file.snapshot() == snapshot);
}

TEST_CASE("snapshots stay whole while the file is replaced again and again") {
  const Directory directory;
  const auto path = directory.write("key", "a-value-of-the-series-0");
  SecretFile file(path);
  std::atomic<bool> done = false;
  std::atomic<int> broken = 0;
  std::thread reader([&] {
    while (!done) broken += value(file).starts_with("a-value-of-the-series-") ? 0 : 1;
  });
  for (int i = 1; i <= 200; ++i) {
    std::filesystem::rename(directory.write("new", "a-value-of-the-series-" + std::to_string(i)), path);
    file.refresh();
  }
  done = true;
  reader.join();
  CHECK(broken == 0);
  CHECK(value(file) == "a-value-of-the-series-200");
}
