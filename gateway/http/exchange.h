// One request and the one way to answer it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/content.h"
#include "gateway/http/message.h"
#include "gateway/loop/event_loop.h"

namespace pgw::http {

struct ResponseHead {
  int status = 200;
  /// Ready "Name: value\r\n" lines, end-to-end fields only. The edge adds the status line, Date if missing,
  /// Content-Length or Transfer-Encoding, and Connection; none of these but Date may stand here.
  std::string fields;
};

/// Takes the body of a request as it comes, in its exchange's loop.
class BodySink {
 public:
  BodySink() = default;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  virtual ~BodySink() = default;

  /// The next piece, never empty. False: no more until Exchange::resume_body; meanwhile the client is held back by TCP.
  virtual bool on_body(std::string_view piece) = 0;

  /// All pieces have been there, the last of them perhaps answered with false.
  virtual void on_body_end() = 0;
};

/// A request in the hands of the RequestHandler, and what answers it: a stream of a connection, or of a test. Held by
/// shared_ptr; belongs to its loop's thread.
///
/// Answer it once: by `respond`, or by `begin`, any number of `write`, `end`. A second answer, or writing outside begin
/// and end, is ignored. When the client is gone, answers go nowhere and do no harm, so a late answer needs no check. An
/// exchange that is never answered holds its connection until the client leaves.
///
/// No function here calls back before it returns.
///
/// Whoever needs an exchange keeps a shared_ptr to it: one that is over and held by nobody is reused for another
/// request, so a weak_ptr may come to name that one. All references are dropped in the loop's thread.
///
/// What every implementation has is kept here, so that reading it costs no call.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Exchange(loop::EventLoop& loop) : loop_(loop) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  const Request& request() const { return request_; }
  Request& mutable_request() { return request_; }
  loop::EventLoop& loop() const { return loop_; }

  /// When the last of the request was there that its answer needs: the end of its head or, once complete, its body, or
  /// what it was refused for. Until then it is the client's pace; from then on it is ours.
  Clock::time_point read_at() const { return read_at_; }

  // From inside RequestHandler::on_head, and not after an answer:

  /// No more of a body than this, if it is less than Limits::max_body: a larger one is refused with 413.
  virtual void limit_body(std::uint64_t bytes) = 0;

  /// The body goes to the sink as it comes, instead of being collected in `request().body`; `on_request` is not called.
  /// After a whole answer, a refusal (`on_rejected`) or a disconnect the sink hears no more; while a response is
  /// streamed it hears on. It is released when the exchange is over.
  virtual void take_body(std::shared_ptr<BodySink> sink) = 0;

  // At any time:

  /// The sink takes pieces again; not from inside one of its functions.
  virtual void resume_body() = 0;

  /// The whole response at once. The content is sent from where it is, never copied. It is not sent in answer to HEAD
  /// and for 204 and 304 (RFC 9112 section 6.3); HEAD gets the Content-Length of the body all the same. `head` is read
  /// during the call only, so the caller may reuse its string.
  virtual void respond(const ResponseHead& head, Content content) = 0;

  /// For HEAD and 304 without the representation at hand: no body, and this Content-Length, or none.
  virtual void respond(const ResponseHead& head, std::optional<std::uint64_t> content_length_without_body) = 0;

  /// An interim response (1xx, RFC 9110 section 15.2), sent at once; only before the answer, and not to an HTTP/1.0
  /// client, which would take it for the answer. Any number of them.
  virtual void interim(const ResponseHead& head) = 0;

  /// Begins a streamed response: with Content-Length if the length is known, else chunked (HTTP/1.0: to the
  /// connection's end). The head leaves with the first piece, at the latest when the loop's turn ends.
  virtual void begin(const ResponseHead& head, std::optional<std::uint64_t> content_length) = 0;

  /// Sends or queues a copy. False: more than `high_water` bytes wait for the client, stop until `on_drained`. A piece
  /// beyond the announced length aborts.
  virtual bool write(std::string_view piece) = 0;

  /// Completes a streamed response; aborts if it is shorter than announced.
  virtual void end() = 0;

  /// Ends the connection: without an answer, or so that the client can't take what it has for a whole response (RFC
  /// 9112 section 8).
  virtual void abort() = 0;

  /// Called each time the queue has fallen to `low_water` after a `write` that returned false. One callback; setting
  /// replaces.
  void on_drained(std::function<void()> callback) { on_drained_ = std::move(callback); }

  /// Called once if the connection is lost before the whole response was handed to the kernel, which includes a client
  /// that closed its sending side, unless Limits::half_close says otherwise.
  void on_disconnect(std::function<void()> callback) { on_disconnect_ = std::move(callback); }

  /// Whether `respond` or `begin` was called (or nobody is left to answer).
  bool answered() const { return phase_ != Phase::open; }
  bool client_gone() const { return client_gone_; }

  /// The status of the answer, 0 before.
  int status() const { return status_; }

  /// Bytes of the response, head included, that the kernel took.
  std::uint64_t bytes_sent() const { return bytes_sent_; }

  /// The handler's own state for this exchange; released when the exchange is over.
  std::shared_ptr<void>& attachment() { return attachment_; }

  static constexpr std::size_t high_water = 256UL * 1024;
  static constexpr std::size_t low_water = 64UL * 1024;

 protected:
  enum class Phase : std::uint8_t { open, streaming, done, aborted };

  Request request_;
  Clock::time_point read_at_{};
  Phase phase_ = Phase::open;
  bool client_gone_ = false;  // before the whole response went to the kernel
  int status_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::function<void()> on_drained_;
  std::function<void()> on_disconnect_;
  std::shared_ptr<void> attachment_;

 private:
  loop::EventLoop& loop_;
};

}  // namespace pgw::http
