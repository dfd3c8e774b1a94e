// The sockets of a multi handle, watched by the worker's loop.
#pragma once

#include <functional>
#include <vector>

#include <curl/curl.h>

#include "gateway/loop/event_loop.h"

namespace pgw::upstream {

/// libcurl has a socket watched for each request and no longer after it, although the connection stays. Of a connection
/// that it opened through `open` the watch is kept meanwhile, resting: that saves two system calls a request. A
/// resting socket that becomes ready (the upstream closed it) is watched no more; libcurl finds out by itself. Other
/// sockets (of the resolver) are closed behind our back, so of those nothing is kept.
///
/// Belongs to the loop's thread. Destroyed after the multi handle.
class Sockets {
 public:
  using OnReady = std::function<void(curl_socket_t socket, int ready)>;

  Sockets(loop::EventLoop& loop, OnReady on_ready) : loop_(loop), on_ready_(std::move(on_ready)) {}

  /// Has this easy handle open and close its connections here.
  void serve(CURL* easy);

  /// What CURLMOPT_SOCKETFUNCTION says: `what` is one of CURL_POLL_*.
  void follow(curl_socket_t socket, int what);

 private:
  struct Socket {
    bool is_watched = false;
    bool rests = false;
    bool is_ours = false;  // opened, and going to be closed, through the functions below
  };

  static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int close(void* self, curl_socket_t socket);

  Socket& at(curl_socket_t socket);
  void watch(curl_socket_t socket, int interest);
  void unwatch(curl_socket_t socket);
  void ready(curl_socket_t socket, int ready);

  loop::EventLoop& loop_;
  OnReady on_ready_;
  std::vector<Socket> sockets_;  // by descriptor
};

}  // namespace pgw::upstream
