// Loads a server over keep-alive connections of one thread, and tells what it saw as one JSON line. Either as fast as
// the answers come (--requests: wrk counts time, this counts requests), or at a fixed rate whatever the server does
// (--rate, --seconds): a request that had to wait for a free connection has waited since the moment when it was due.
#include <cerrno>
#include <chrono>
#include <deque>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include "http_client.h"
#include "latencies.h"
#include "program.h"
#include "sockets.h"

namespace pgw::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 0;
  std::size_t connections = 32;
  std::uint64_t requests = 0;
  double rate = 0;  ///< requests/s; 0: as fast as the answers come
  double seconds = 0;
  int expected_status = 200;
  bool hold = false;
  RequestOptions request;
};

struct Connection {
  Descriptor socket;
  ResponseReader reader;
  Clock::time_point due;  ///< of the request that is under way
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        source_(options.request),
        total_(options.rate > 0 ? static_cast<std::uint64_t>(options.rate * options.seconds) : options.requests),
        latencies_(total_) {
    connections_.resize(options.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].socket = connect_to(options.port);
      epoll_.add(connections_[i].socket.get(), EPOLLIN, i);
      free_.push_back(i);
    }
  }

  void run() {
    began_ = Clock::now();
    // Past this a server that answers too slowly ends the run, not the other way round.
    const auto give_up =
        began_ + std::chrono::seconds(options_.rate > 0 ? static_cast<int>(options_.seconds) * 2 + 10 : 600);
    while (latencies_.count() < total_) {
      send_what_is_due();
      for (const epoll_event& event : epoll_.wait(wait_time())) receive(event.data.u64);
      if (Clock::now() > give_up) throw std::runtime_error("the server is too slow for this load");
    }
    took_ = Clock::now() - began_;
  }

  void report() {
    const double seconds = std::chrono::duration<double>(took_).count();
    std::cout << "{\"requests\":" << latencies_.count() << ",\"unexpected\":" << unexpected_
              << ",\"seconds\":" << seconds << ",\"rate\":" << static_cast<double>(latencies_.count()) / seconds << ','
              << latencies_.json_members() << '}' << std::endl;
  }

 private:
  /// The moment when request number `sent_` is due.
  Clock::time_point due() const {
    if (options_.rate <= 0) return Clock::now();
    return began_ +
           std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(sent_) * 1e9 / options_.rate));
  }

  void send_what_is_due() {
    while (sent_ < total_ && !free_.empty()) {
      const auto when = due();
      if (when > Clock::now()) return;
      Connection& connection = connections_[free_.front()];
      free_.pop_front();
      connection.due = when;
      ++sent_;
      const auto bytes = source_.next();
      // A request is far smaller than a socket's buffer, and the one before was answered.
      if (send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(bytes.size())) {
        throw std::system_error(errno, std::generic_category(), "send");
      }
    }
  }

  /// Milliseconds. Within the last one before a request is due, not at all: epoll can't wait as precisely as that.
  int wait_time() const {
    if (options_.rate <= 0 || sent_ == total_ || free_.empty()) return 1000;
    const auto left = std::chrono::floor<std::chrono::milliseconds>(due() - Clock::now()).count();
    return left <= 0 ? 0 : static_cast<int>(left);
  }

  void receive(std::uint64_t index) {
    Connection& connection = connections_[index];
    const auto size = recv(connection.socket.get(), buffer_, sizeof buffer_, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) throw std::runtime_error("the server closed a connection");
    if (!connection.reader.take({buffer_, static_cast<std::size_t>(size)})) return;
    latencies_.add(Clock::now() - connection.due);
    if (connection.reader.status() != options_.expected_status) ++unexpected_;
    free_.push_back(index);
  }

  const Options& options_;
  RequestSource source_;
  const std::uint64_t total_;
  Epoll epoll_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;  // the one that has rested longest is next
  std::uint64_t sent_ = 0;
  std::uint64_t unexpected_ = 0;
  Clock::time_point began_;
  Clock::duration took_{};
  Latencies latencies_;
  char buffer_[64 * 1024];
};

int run(int argc, char** argv) {
  CLI::App app{"Loads a server on the loopback; prints one JSON line"};
  Options options;
  std::string body_file;
  app.add_option("--port", options.port)->required();
  app.add_option("--connections", options.connections);
  auto* requests = app.add_option("--requests", options.requests, "how many, as fast as the answers come");
  auto* rate = app.add_option("--rate", options.rate, "requests per second, whatever the server does");
  app.add_option("--seconds", options.seconds, "how long at that rate")->needs(rate);
  rate->excludes(requests);
  app.add_option("--target", options.request.target, "\"{}\" in it is a number below --spread")->required();
  app.add_option("--spread", options.request.spread);
  app.add_flag("--random", options.request.random, "the numbers in any order");
  app.add_option("--method", options.request.method);
  app.add_option("--header", options.request.headers, "\"Name: value\"");
  app.add_option("--body", body_file, "file with the body of each request");
  app.add_option("--expect", options.expected_status, "status; others are counted as unexpected");
  app.add_flag("--hold", options.hold, "then keep the connections until standard input ends");
  CLI11_PARSE(app, argc, argv);
  if (!body_file.empty()) options.request.body = content_of(body_file);

  Load load(options);
  load.run();
  load.report();
  if (options.hold) std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  return 0;
}

}  // namespace
}  // namespace pgw::bench

int main(int argc, char** argv) {
  return pgw::bench::run_program("bench-load", &pgw::bench::run, argc, argv);
}
