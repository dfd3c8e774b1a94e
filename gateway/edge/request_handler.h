// What the edge hands requests to.
#pragma once

#include <functional>
#include <memory>

#include "gateway/edge/exchange.h"
#include "gateway/edge/rejection.h"
#include "gateway/loop/event_loop.h"

namespace pgw::edge {

/// Takes requests and answers them. One per worker, made, called and destroyed in its loop's thread. Must not throw:
/// the edge drops the connection of a request whose handler does.
class RequestHandler {
 public:
  RequestHandler() = default;
  RequestHandler(const RequestHandler&) = delete;
  RequestHandler& operator=(const RequestHandler&) = delete;
  virtual ~RequestHandler() = default;

  /// The head is complete; its body has not been read, nor asked for with 100 (Continue). May answer at once: then the
  /// body is dropped and `on_request` not called.
  virtual void on_head(const std::shared_ptr<Exchange>& exchange) = 0;

  /// The body is complete too.
  virtual void on_request(const std::shared_ptr<Exchange>& exchange) = 0;

  /// Instead of `on_head` or after it: the request is malformed, too large or too slow. The request holds what could be
  /// understood, perhaps nothing. The handler answers, so that one place makes error bodies; the edge then closes the
  /// connection.
  virtual void on_rejected(const std::shared_ptr<Exchange>& exchange, const Rejection& rejection) = 0;

  /// The exchange is over: the whole response was handed to the kernel, or the client is gone (`client_gone`). Called
  /// once per exchange that any of the above saw.
  virtual void on_finished(Exchange& exchange) { static_cast<void>(exchange); }
};

/// Called once per worker, in its thread, before any request. May throw: `Server::start` then does.
using HandlerFactory = std::function<std::unique_ptr<RequestHandler>(loop::EventLoop&)>;

}  // namespace pgw::edge
