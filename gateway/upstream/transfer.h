// libcurl at work on one wire, driven by a worker's loop: until it is connected, or until it knows that it can't be.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/upstream/wire.h"

namespace pgw::upstream {

/// libcurl's callbacks are C frames: nothing that they call may throw through them. Belongs to the loop's thread.
class Transfer {
 public:
  /// Comes from the loop, never from inside of the constructor, and once. May destroy the transfer.
  using Done = std::function<void(CURLcode result)>;

  Transfer(loop::EventLoop& loop, std::unique_ptr<Wire> wire, Done done);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Whether the other end has answered on the transport, so that going on to another address has no point.
  bool is_connected() const;

  const char* error() const { return wire_->error.data(); }

  /// The connected wire, once done.
  std::unique_ptr<Wire> release();

 private:
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* assigned) noexcept;
  static int on_timer(CURLM* multi, long milliseconds, void* self) noexcept;

  void follow(curl_socket_t socket, int what);
  void arm(long milliseconds);
  void act(curl_socket_t socket, int ready);
  void stop();

  loop::EventLoop& loop_;
  Done done_;
  std::vector<curl_socket_t> watched_;
  loop::EventLoop::TimerId timer_ = 0;
  bool is_stopped_ = false;
  std::unique_ptr<Wire> wire_;  // destroyed first: libcurl calls back until it is
};

}  // namespace pgw::upstream
