// The team listener: sockets to requests, answers to sockets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/http/pressure.h"
#include "gateway/http/request_handler.h"
#include "gateway/loop/event_loop.h"

namespace pgw::edge {

/// An HTTP/1.1 server (RFC 9112): one accepting thread, `workers` loops, each with a handler of its own, whose limits
/// its connections go by. The server's functions may be called from any thread but its workers', `start`, `drain` and
/// `stop` by one thread at a time.
class Server {
 public:
  struct Options {
    std::string host = "127.0.0.1";  ///< an address or a name; "::" and IPv6 addresses without brackets
    std::uint16_t port = 0;          ///< 0: any free one
    unsigned workers = 1;
    int backlog = 1024;
    /// A further connection takes the place of one that is idle, or is answered 503; 0: see `reserve_descriptors`.
    std::size_t max_connections = 0;
  };

  /// Throws std::system_error if the process is out of descriptors.
  Server(Options options, http::HandlerFactory factory);

  /// Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes the address, so that `port` is known, and accepts nothing yet: clients queue in the backlog. Throws
  /// std::runtime_error that names the address and the cause.
  void bind();

  /// Binds unless `bind` was called, makes the handlers and begins to accept. Throws like `bind`, and what the factory
  /// throws.
  void start();

  /// The port that is really listened on; 0 before `bind`.
  std::uint16_t port() const;

  std::size_t open_connections() const;

  /// Connections that had to go or were not taken, because of `Limits::connections_per_address` or `max_connections`.
  http::Pressure::Figures pressure() const;

  /// Leaves that many of the descriptors that the process may have (RLIMIT_NOFILE) to others than clients, but a
  /// quarter of them to clients in any case, and returns how many connections may be open from now on. Without a call:
  /// 64 are left. `Options::max_connections` goes before.
  std::size_t reserve_descriptors(std::size_t reserved);

  /// A worker's loop, for `post`; valid as long as the server.
  loop::EventLoop& loop(std::size_t worker);

  /// From now on each response is the last of its connection, which says so (`Connection: close`); everything is still
  /// served, new connections too.
  void wind_down();

  /// Stops listening (the address is free for another process at once), closes idle connections and lets busy ones
  /// finish with `Connection: close`. Returns when none is left or the deadline has passed; `stop` cuts the rest.
  /// `is_hurried` is asked several times a second: once it says true, the deadline has passed.
  void drain(std::chrono::milliseconds deadline, const std::function<bool()>& is_hurried = {});

  /// Closes every connection, destroys the handlers and ends the threads. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::edge
