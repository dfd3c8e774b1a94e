// The program projects-sandbox, run for real.
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::test::Client;

namespace fs = std::filesystem;

namespace {

/// The program, with its output read through a pipe. Killed if the test forgets to end it.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), PGW_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    REQUIRE(::posix_spawn(&process_, PGW_PROGRAM, &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
  }
  ~Program() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      wait();
    }
    ::close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const { ::kill(process_, number); }

  /// Its exit status; -1 if a signal ended it.
  int wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string read_line() {
    std::string line;
    char byte = 0;
    while (::read(output_, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
    return line;
  }

  std::string read_all() {
    std::string text;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::read(output_, bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  pid_t process_ = -1;
  int output_ = -1;
};

/// A directory of its own that tells when a file of this name has been moved into it.
class WatchedDirectory {
 public:
  WatchedDirectory() {
    std::string name = (fs::temp_directory_path() / "pgw-program-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    watch_ = ::inotify_init1(IN_CLOEXEC);
    REQUIRE(::inotify_add_watch(watch_, name.c_str(), IN_MOVED_TO) >= 0);
  }
  ~WatchedDirectory() {
    ::close(watch_);
    fs::remove_all(path);
  }
  WatchedDirectory(const WatchedDirectory&) = delete;
  WatchedDirectory& operator=(const WatchedDirectory&) = delete;

  bool wait_for_file() const {
    pollfd event{watch_, POLLIN, 0};
    return ::poll(&event, 1, 60'000) == 1;
  }

  fs::path path;

 private:
  int watch_ = -1;
};

}  // namespace

TEST_CASE("the program prints its address, writes the ready file whole, serves, and ends on a signal") {
  const int number = GENERATE(SIGTERM, SIGINT);
  const WatchedDirectory directory;
  const fs::path ready_file = directory.path / "ready.json";
  Program program({"--listen", "127.0.0.1:0", "--contract", PGW_CONTRACT, "--api-key", "the-key", "--db",
                   (directory.path / "sandbox.db").string(), "--ready-file", ready_file.string()});
  REQUIRE(directory.wait_for_file());
  const json ready = json::parse(std::ifstream(ready_file));
  const std::string url = ready.at("url");
  CHECK(url == ready.at("listen").get<std::string>() + "/v4");
  CHECK(program.read_line() == "projects-sandbox listens on " + url);
  Client client(url);
  CHECK(client.send({"GET", "/projects", std::nullopt, {{"X-API-KEY", "the-key"}}}).status == 200);
  CHECK(client.send({"GET", "/projects", std::nullopt, {{"X-API-KEY", "another"}}}).status == 401);
  program.signal(number);
  CHECK(program.wait() == 0);
  CHECK(program.read_all().empty());
}

TEST_CASE("the program says what it is and what it can") {
  Program version({"--version"});
  CHECK(version.read_line().starts_with("projects-sandbox "));
  CHECK(version.wait() == 0);
  Program help({"--help"});
  const std::string text = help.read_all();
  for (const char* option : {"--listen", "--api-key", "--db", "--contract", "--faults", "--ready-file", "--threads"}) {
    CHECK(text.find(option) != std::string::npos);
  }
  CHECK(help.wait() == 0);
}

TEST_CASE("the program says what is wrong and fails") {
  const std::vector<std::string> arguments =
      GENERATE(values<std::vector<std::string>>({{"--listen", "nowhere", "--contract", PGW_CONTRACT},
                                                 {"--contract", "none.yaml"},
                                                 {"--threads", "0"},
                                                 {"--unknown"}}));
  Program program(arguments);
  CHECK_FALSE(program.read_all().empty());
  CHECK(program.wait() > 0);
}
