// One worker of the server: a loop, its handler and its connections.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/pressure.h"
#include "gateway/http/request_handler.h"
#include "gateway/http/server_connections.h"
#include "gateway/loop/event_loop.h"

namespace pgw::edge {

/// What the workers of a server share.
struct ServerState {
  http::HandlerFactory factory;
  std::atomic<std::size_t> max_connections{0};
  std::atomic<std::size_t> open_connections{0};
  http::Pressure pressure;

  std::mutex mutex;
  std::condition_variable changed;  // of what follows, and of open_connections to 0
  std::size_t ready = 0;            // workers whose handler is made, or failed; guarded by mutex
  std::size_t stopped = 0;          // guarded by mutex
  std::exception_ptr failure;       // the first of the factory; guarded by mutex
};

/// Driven by one thread of the listener. All but `loop` from that thread only.
class ServerWorker {
 public:
  ServerWorker(ServerState& state, std::size_t index) : state_(state), loop_(index) {}

  loop::EventLoop& loop() { return loop_; }

  // The listener's side:

  /// Before the thread runs: how the descriptor of a connection is closed.
  void close_with(std::function<void(int fd)> close) { close_ = std::move(close); }

  /// The first turn makes the handler.
  void begin_turn();

  /// A new connection; it is in the epoll when this turn ends.
  void add(int fd, const std::string& peer);

  void end_turn();

  // The server's side, from inside the loop:
  void wind_down();
  void drain();
  void stop();

 private:
  void start();
  void close(int fd);
  void refuse(int fd);

  ServerState& state_;
  loop::EventLoop loop_;
  std::function<void(int fd)> close_;
  bool started_ = false;
  std::unique_ptr<http::RequestHandler> handler_;
  std::optional<http::ServerConnections> connections_;  // with the handler
  std::vector<int> refused_;                            // to be closed as this turn ends
};

}  // namespace pgw::edge
