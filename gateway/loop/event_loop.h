// The event loop of one worker: the client connections' epoll, opened to timers, other sockets and other threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/loop/timers.h"

namespace Pistache::Polling {
class Epoll;
}

namespace pgw::loop {

/// Is told about one descriptor, in the loop's thread. Must not throw.
class Watcher {
 public:
  /// `ready` is a mask of EventLoop::Interest and EventLoop::hung_up; 0 is an error of the socket.
  virtual void on_ready(int ready) = 0;

 protected:
  ~Watcher() = default;
};

/// One per worker, owned by the Server and alive as long as it. Everything but `post` and
/// `worker` may be called from the loop's own thread only (which includes the HandlerFactory and every callback).
/// Callbacks must not throw: what they throw ends the process.
class EventLoop {
 public:
  using TimerId = TimerQueue::Id;
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t tasks_per_turn = 64;

  enum Interest : int { none = 0, read = 1, write = 2 };

  /// What a Watcher is told beside the interests: both directions are closed, or broken.
  static constexpr int hung_up = 4;

  explicit EventLoop(std::size_t worker);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Calls once, not before the delay has passed and never from inside this call. Without delay: as this turn of the
  /// loop ends, or in the next one if it is ending already.
  TimerId call_after(std::chrono::milliseconds delay, std::function<void()> callback);

  /// The same at a point in time; one that has passed is due at once.
  TimerId call_at(Clock::time_point when, std::function<void()> callback);

  /// Ids of timers that ran or were cancelled are ignored.
  void cancel(TimerId id);

  /// Calls once, as this turn of the loop ends, after its events and timers: the place for what many did in the turn
  /// and one can do for all.
  void at_turn_end(std::function<void()> task) { at_turn_end_.push_back(std::move(task)); }

  /// Watches a socket that the caller owns, level-triggered. `on_ready` gets a mask of Interest; an error or a hang-up
  /// counts as every interest. It may rewatch or unwatch any socket, its own included. The caller unwatches before it
  /// closes the socket. Throws std::system_error if the kernel refuses the descriptor.
  void watch(int fd, int interest, std::function<void(int ready)> on_ready);

  /// Changes the interest; `none` keeps the watch but reports only errors and hang-ups.
  void rewatch(int fd, int interest);

  /// Unknown descriptors are ignored.
  void unwatch(int fd);

  /// Watches a descriptor that the listener adds to the epoll itself, edge-triggered for reading; level-triggered from
  /// the first `rewatch` on. The watcher lives until `forget`, which must come before the descriptor is closed, and not
  /// from inside `on_ready`.
  void adopt(int fd, Watcher& watcher);
  void forget(int fd);

  /// Runs the task in the loop's thread, after those posted earlier. At most `tasks_per_turn` run in one turn, so that
  /// a flood of them leaves sockets and timers their turns. Thread-safe. After the server stopped the task is destroyed
  /// without being run.
  void post(std::function<void()> task);

  /// 0-based; thread-safe.
  std::size_t worker() const { return worker_; }
  bool in_loop_thread() const { return thread_ == std::this_thread::get_id(); }

  /// The time of the current turn's begin: good enough for deadlines, free of charge.
  Clock::time_point turn_began() const { return turn_began_; }
  std::chrono::system_clock::time_point turn_began_at() const { return turn_began_at_; }

  // The rest is for the worker that drives this loop.

  /// Adopts the epoll, before the loop's thread runs.
  void attach(Pistache::Polling::Epoll& epoll);

  /// Makes the calling thread the loop's own.
  void adopt_thread() { thread_ = std::this_thread::get_id(); }

  void begin_turn() {
    turn_began_ = Clock::now();
    turn_began_at_ = std::chrono::system_clock::now();
  }

  /// Handles an event of one of the loop's descriptors; false if this is none of them. `tag` is the event's own,
  /// `ready` as a Watcher is told.
  bool dispatch(std::uint64_t tag, int ready);

  /// Runs the timers that are due.
  void run_timers();

  /// Runs what waits for the turn's end and arms the clock for the next timer.
  void end_turn();

  /// Destroys watches, timers and tasks without running them and refuses new tasks; from the loop's thread.
  void close();

 private:
  class FunctionWatcher;

  /// A descriptor that is closed is soon another socket's, while events that were fetched with the one before may still
  /// wait in this turn. So each watch has a generation, the epoll's tag is generation and descriptor, and an event of
  /// another generation is nobody's (as Redis's ae.c and nginx's instance bit have it).
  struct Watch {
    Watcher* watcher = nullptr;
    std::shared_ptr<FunctionWatcher> owned;  // the watcher, when it is a function
    std::uint32_t generation = 0;            // of this or the last watch; a watch's is never 0
    std::uint32_t armed = 0;                 // what the epoll has; 0 is the listener's own registration
    int interest = none;
  };

  Watch& begin_watch(int fd, Watcher& watcher);
  Watch* find(int fd);
  void run_mailbox();
  void arm(Clock::time_point when);

  const std::size_t worker_;
  std::thread::id thread_;
  Pistache::Polling::Epoll* epoll_ = nullptr;
  Clock::time_point turn_began_ = Clock::now();
  std::chrono::system_clock::time_point turn_began_at_ = std::chrono::system_clock::now();

  std::vector<Watch> watches_;  // by descriptor
  std::vector<std::function<void()>> at_turn_end_;

  TimerQueue timers_;
  int timer_fd_ = -1;
  Clock::time_point armed_ = Clock::time_point::max();  // what timer_fd_ is set to

  int mailbox_fd_ = -1;
  std::mutex mailbox_mutex_;
  std::deque<std::function<void()>> mailbox_;   // guarded by mailbox_mutex_
  bool closed_ = false;                         // guarded by mailbox_mutex_
  std::vector<std::function<void()>> running_;  // the tasks of this turn; keeps its storage
};

}  // namespace pgw::loop
