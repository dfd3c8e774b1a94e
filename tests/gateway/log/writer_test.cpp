#include "gateway/log/writer.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "support/catch.h"

using pgw::log::Writer;
using namespace std::chrono_literals;

namespace {

/// A pipe as a log's reader has it.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  void close_reader() { close(ends_[0]); }
  void close_writer() { close(ends_[1]); }

  void make_non_blocking() const { REQUIRE(::fcntl(ends_[1], F_SETFL, O_NONBLOCK) == 0); }

  std::string read(std::size_t size) const {
    std::string text(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      const ssize_t more = ::read(ends_[0], text.data() + got, size - got);
      if (more <= 0) break;
      got += static_cast<std::size_t>(more);
    }
    text.resize(got);
    return text;
  }

  std::string read_to_end() {
    close_writer();
    return read(std::size_t{64} * 1024 * 1024);
  }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

constexpr auto long_time = 60s;

/// More than a pipe holds.
std::string large_line(char letter) {
  return std::string(std::size_t{256} * 1024, letter) + "\n";
}

}  // namespace

TEST_CASE("a writer writes everything in order before it ends") {
  Pipe pipe;
  Writer writer(pipe.writer(), 1024);
  for (const char* line : {"one\n", "two\nthree\n", "four\n"}) writer.write(line);
  CHECK(writer.stop(long_time));
  CHECK(writer.dropped_lines() == 0);
  CHECK(pipe.read_to_end() == "one\ntwo\nthree\nfour\n");
}

TEST_CASE("a writer whose reader is slow drops the oldest that waits, and counts the lines") {
  Pipe pipe;
  const std::string first = large_line('a');
  Writer writer(pipe.writer(), first.size() + 10);
  writer.write(first);
  CHECK(pipe.read(1) == "a");  // the thread has it, and waits for the pipe
  writer.write(std::string(first.size() - 4, 'b') + "\nb\n");
  writer.write("one\ntwo\n");
  CHECK(writer.dropped_lines() == 0);
  writer.write("three\n");
  CHECK(writer.dropped_lines() == 2);
  CHECK(pipe.read(first.size() - 1) == first.substr(1));
  CHECK(writer.stop(long_time));
  CHECK(pipe.read_to_end() == "one\ntwo\nthree\n");
}

TEST_CASE("a writer whose reader takes nothing ends without it") {
  Pipe pipe;
  const std::string line = large_line('a');
  Writer writer(pipe.writer(), 2 * line.size());
  writer.write(line);
  CHECK_FALSE(writer.stop(1ms));
  CHECK(pipe.read(line.size()) == line);  // lets the thread go
}

TEST_CASE("lines that the descriptor refuses are counted, and the writer lives on") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  Writer writer(pipe.writer(), 1024);
  pipe.close_reader();
  writer.write("one\ntwo\n");
  writer.write("three\n");
  CHECK(writer.stop(long_time));
  CHECK(writer.dropped_lines() == 3);
}

TEST_CASE("a writer waits for a descriptor that someone made non-blocking") {
  Pipe pipe;
  pipe.make_non_blocking();
  const std::string line = large_line('a');
  Writer writer(pipe.writer(), 2 * line.size());
  writer.write(line);
  CHECK(pipe.read(line.size()) == line);
  CHECK(writer.stop(long_time));
  CHECK(writer.dropped_lines() == 0);
}
