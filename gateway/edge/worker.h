// One worker of the server: Pistache's transport with our own connections and event loop on its epoll.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <pistache/os.h>
#include <pistache/peer.h>
#include <pistache/tcp.h>
#include <pistache/transport.h>

#include "gateway/edge/connection.h"
#include "gateway/edge/limits.h"
#include "gateway/edge/request_handler.h"
#include "gateway/edge/response_head.h"
#include "gateway/loop/event_loop.h"

namespace pgw::edge {

/// What the workers of a server share.
struct ServerState {
  HandlerFactory factory;
  Limits limits;
  std::atomic<std::size_t> max_connections{0};
  std::vector<std::unique_ptr<loop::EventLoop>> loops;  ///< one per worker
  std::atomic<std::size_t> open_connections{0};

  std::mutex mutex;
  std::condition_variable changed;     // of what follows, and of open_connections to 0
  std::vector<class Worker*> workers;  // guarded by mutex until all are made; owned by the reactor
  std::size_t ready = 0;               // workers whose handler is made, or failed; guarded by mutex
  std::size_t stopped = 0;             // guarded by mutex
  std::exception_ptr failure;          // the first of the factory; guarded by mutex
};

/// Runs in one thread of Pistache's reactor, which owns it and calls `onReady`. The stock Transport reads 4 KiB at a
/// time until EAGAIN, can't pause, and throws on an unusual errno; here it only hands over new peers, while reading,
/// writing and closing are ours. Only `loop().post` may be called from other threads.
class Worker final : public Pistache::Tcp::Transport {
 public:
  /// Enough for any head, and for a body in few reads.
  static constexpr std::size_t read_size = 64UL * 1024;

  Worker(std::shared_ptr<ServerState> state, std::size_t index);

  // Pistache's side:
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& fds) override;
  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  void adopt(const std::shared_ptr<Pistache::Tcp::Peer>& peer);

  // The server's side, from inside the loop:
  void set_limits(const Limits& limits) { limits_ = limits; }
  void drain();
  void stop();

  // The connections' side:
  loop::EventLoop& loop() { return loop_; }
  RequestHandler& handler() { return *handler_; }
  const Limits& limits() const { return limits_; }
  bool draining() const { return draining_; }
  DateClock& date_clock() { return date_clock_; }
  std::array<char, read_size>& read_buffer() { return *read_buffer_; }
  std::string& head_buffer() { return head_buffer_; }

  /// Has the connection advance, or be destroyed if it is dead, as this turn ends.
  void wake(Connection& connection) { awake_.push_back(connection.fd()); }
  void set_interest(int fd, int interest);

  /// Exchanges are reused with their storage.
  std::shared_ptr<Exchange> take_exchange();
  void give_back(std::shared_ptr<Exchange> exchange);

 private:
  void start();
  void on_entry(const Pistache::Aio::FdSet::Entry& entry);
  void run_awake();
  Connection* find(int fd);
  void remove(int fd);

  const std::shared_ptr<ServerState> state_;
  Pistache::Polling::Epoll* epoll_ = nullptr;
  loop::EventLoop& loop_;  // of state_, since others may post after this worker has ended
  Limits limits_;
  std::unique_ptr<RequestHandler> handler_;
  bool started_ = false;
  bool draining_ = false;

  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::vector<int> awake_;
  std::vector<std::shared_ptr<Exchange>> spare_exchanges_;
  std::unique_ptr<std::array<char, read_size>> read_buffer_;
  std::string head_buffer_;
  DateClock date_clock_;
};

/// What the listener is given: the reactor makes one clone, a Worker, per thread.
class WorkerPrototype final : public Pistache::Tcp::Transport {
 public:
  explicit WorkerPrototype(std::shared_ptr<ServerState> state);
  std::shared_ptr<Pistache::Aio::Handler> clone() const override;

 private:
  std::shared_ptr<ServerState> state_;
};

}  // namespace pgw::edge
