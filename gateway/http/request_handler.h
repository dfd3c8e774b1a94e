// What a server hands requests to.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "gateway/http/exchange.h"
#include "gateway/http/limits.h"
#include "gateway/http/malformation.h"
#include "gateway/loop/event_loop.h"

namespace pgw::http {

/// Takes requests and answers them. One per worker, made, called and destroyed in its loop's thread. Must not throw:
/// the server drops the connection of a request whose handler does.
class RequestHandler {
 public:
  explicit RequestHandler(Limits limits = {}) : limits_(std::move(limits)) {}
  RequestHandler(const RequestHandler&) = delete;
  RequestHandler& operator=(const RequestHandler&) = delete;
  virtual ~RequestHandler() = default;

  /// The head is complete; its body has not been read, nor asked for with 100 (Continue). May answer at once: then the
  /// body is dropped and `on_request` not called.
  virtual void on_head(const std::shared_ptr<Exchange>& exchange) = 0;

  /// The body is complete too.
  virtual void on_request(const std::shared_ptr<Exchange>& exchange) = 0;

  /// Instead of `on_head` or after it: the request is malformed, too large or too slow. The request holds what could be
  /// understood, perhaps nothing. The handler answers, so that one place makes error bodies; the server then closes the
  /// connection.
  virtual void on_rejected(const std::shared_ptr<Exchange>& exchange, const Malformation& malformation) = 0;

  /// The exchange is over: the whole response was handed to the kernel, or the client is gone (`client_gone`). Called
  /// once per exchange that any of the above saw.
  virtual void on_finished(Exchange& exchange) { static_cast<void>(exchange); }

  /// What the connections go by. It belongs to the handler, whose configuration it is part of: both change in one step.
  const Limits& limits() const { return limits_; }

 protected:
  /// From inside the loop. Requests whose head is complete keep their `max_body`.
  void set_limits(Limits limits) { limits_ = std::move(limits); }

 private:
  Limits limits_;
};

/// Called once per worker, in its thread, before any request. May throw: `Server::start` then does.
using HandlerFactory = std::function<std::unique_ptr<RequestHandler>(loop::EventLoop&)>;

}  // namespace pgw::http
