// The listening socket and the workers' threads: Pistache's Tcp::Listener and its reactor, and what we work around in
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/server_worker.h"

namespace pgw::edge {

/// Accepts in one thread and hands each connection to one of the workers, which have a thread each. Nothing of Pistache
/// is seen from outside. What is worked around, each in its place in listener.cpp:
///
/// - Pistache's Transport reads 4 KiB at a time until EAGAIN, can't pause, and throws on an unusual errno. Here it only
///   accepts: each connection's events go to our own loop and connections, on Pistache's epoll.
/// - It has no timers or watched descriptors of others in its loop: EventLoop puts its own into the same epoll.
/// - It doesn't pass EPOLLERR on: an event without any flag is one.
/// - It can't stop listening without stopping its workers, and keeps the listening socket to itself.
class Listener {
 public:
  /// The workers outlive the listener.
  explicit Listener(const std::vector<std::unique_ptr<ServerWorker>>& workers);

  /// Ends and joins the threads.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Takes the address. Throws std::runtime_error that names the address and the cause.
  void bind(const std::string& host, std::uint16_t port, int backlog);
  bool is_bound() const;
  std::uint16_t port() const;

  /// Starts the threads.
  void run();

  /// The address is free for another process when this returns; connections stay.
  void stop_listening();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::edge
