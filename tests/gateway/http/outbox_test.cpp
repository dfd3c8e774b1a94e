#include "gateway/http/outbox.h"

#include <array>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "support/catch.h"

namespace pgw::http::test {
namespace {

// A pair of connected sockets, the first of them non-blocking.
struct Pair {
  Pair() : fds(make()), transport(fds[0]) {}
  static std::array<int, 2> make() {
    std::array<int, 2> made{-1, -1};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, made.data()) == 0);
    return made;
  }
  ~Pair() {
    for (const int fd : fds) close(fd);
  }
  std::string drain() const {
    std::string all;
    std::array<char, 65536> buffer{};
    for (ssize_t n = 0; (n = recv(fds[1], buffer.data(), buffer.size(), 0)) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return all;
  }
  std::array<int, 2> fds{-1, -1};
  PlainTransport transport;
};

std::string pattern(std::size_t size) {
  std::string bytes(size, ' ');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + i % 23);
  return bytes;
}

TEST_CASE("what the kernel takes leaves nothing behind") {
  Pair pair;
  Outbox outbox;
  REQUIRE(outbox.send(pair.transport, {"head ", "", "more "}, std::make_shared<const std::string>("body")));
  CHECK(outbox.empty());
  CHECK_FALSE(outbox.blocked());
  CHECK(outbox.take_count() == 14);
  CHECK(outbox.take_count() == 0);
  CHECK(pair.drain() == "head more body");
}

TEST_CASE("what the kernel refuses follows later, in order and without a gap") {
  Pair pair;
  Outbox outbox;
  const std::string piece = pattern(700'000);
  const auto body = std::make_shared<const std::string>(pattern(900'001));
  outbox.append("first");
  REQUIRE(outbox.send(pair.transport, {"second", piece, "third"}, body));
  CHECK(outbox.blocked());
  CHECK(outbox.size() > 0);

  std::string received;
  while (!outbox.empty()) {
    received += pair.drain();
    outbox.unblock();
    REQUIRE(outbox.flush(pair.transport));
  }
  received += pair.drain();
  CHECK(received == "firstsecond" + piece + "third" + *body);
  CHECK(outbox.take_count() == received.size());
  CHECK(outbox.size() == 0);
}

TEST_CASE("a blocked outbox queues without trying") {
  Pair pair;
  Outbox outbox;
  REQUIRE(outbox.send(pair.transport, {pattern(4'000'000)}));
  REQUIRE(outbox.blocked());
  const std::string before = pair.drain();
  const auto size = outbox.size();
  REQUIRE(outbox.send(pair.transport, {"tail"}));
  CHECK(outbox.size() == size + 4);
  CHECK(pair.drain().empty());
  CHECK_FALSE(before.empty());
}

TEST_CASE("a connection that is gone is reported, without a signal") {
  Pair pair;
  REQUIRE(shutdown(pair.fds[1], SHUT_RD) == 0);
  Outbox outbox;
  CHECK_FALSE(outbox.send(pair.transport, {"bytes"}));
}

TEST_CASE("an empty body is no body") {
  Pair pair;
  Outbox outbox;
  REQUIRE(outbox.send(pair.transport, {"head"}, std::make_shared<const std::string>()));
  CHECK(outbox.empty());
}

}  // namespace
}  // namespace pgw::http::test
