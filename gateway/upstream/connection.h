// One open connection to the upstream: bytes out, bytes in.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/loop/event_loop.h"
#include "gateway/upstream/destination.h"
#include "gateway/upstream/pool.h"
#include "gateway/upstream/wire.h"

namespace pgw::upstream {

class Exchange;

/// Plain, TLS or tunnelled makes no difference to others. Without TLS libcurl's work is done once the connection
/// stands: it leaves the socket, and its handles go. With TLS it sends and receives. It wants no socket watched by
/// then, so this does. Belongs to one worker at a time; handed over while nothing watches it. Its end closes the socket
/// and gives its place back.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(std::unique_ptr<Wire> wire, Place place, std::shared_ptr<const Destination> destination,
             Clock::time_point now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Io {
    done,    ///< so many bytes
    again,   ///< none now: the socket isn't ready
    closed,  ///< the other end sends no more
    failed,
  };
  struct Result {
    Io io = Io::failed;
    std::size_t size = 0;
  };
  Result send(std::string_view bytes);
  Result receive(std::span<char> buffer);

  /// Whether nothing has arrived: neither bytes nor the end. Takes a system call.
  bool is_quiet();

  /// Has the loop call when the socket is ready; interests as `EventLoop::watch` has them. The callback is given once
  /// for as long as the connection is watched.
  void watch(loop::EventLoop& loop, std::function<void(int ready)> on_ready);
  void rewatch(int interest);
  void unwatch();
  bool is_watched() const { return loop_ != nullptr; }

  const std::shared_ptr<const Destination>& destination() const { return destination_; }
  Clock::time_point opened() const { return opened_; }
  Place& place() { return place_; }

  /// Whose request was written last; null while it rests.
  Exchange* exchange = nullptr;
  /// When the last response was complete.
  Clock::time_point rests_since{};
  /// Whether a response has come on it: the other end may have closed it before the next request.
  bool is_used = false;

 private:
  const std::shared_ptr<const Destination> destination_;
  Place place_;
  std::unique_ptr<Wire> wire_;
  const Clock::time_point opened_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  loop::EventLoop* loop_ = nullptr;
};

}  // namespace pgw::upstream
