// One client connection: HTTP/1.1 between a socket and the RequestHandler.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/edge/exchange.h"
#include "gateway/edge/outbox.h"
#include "gateway/edge/request_handler.h"
#include "gateway/edge/request_parser.h"
#include "gateway/edge/response_head.h"
#include "gateway/loop/event_loop.h"

namespace pgw::edge {

class Worker;

/// Serves one request at a time, in the order of arrival (RFC 9112 section 9.3.2): the next one is parsed when the
/// response of the one before is with the kernel. Meanwhile what arrives is kept up to a bound, then reading pauses and
/// TCP holds the client back.
///
/// Nothing here calls the handler from inside a handler's call: an Exchange's functions send and change state, then
/// `wake` has the worker call `advance` as its turn ends. `advance` is the whole state machine. A connection that is
/// dead is destroyed by the worker as the turn ends, never inside one of its own functions.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(Worker& worker, int fd, std::string peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }

  // For the worker:

  /// The socket is ready; neither readable nor writable means an error.
  void on_ready(bool readable, bool writable, bool hung_up);

  /// Goes as far as state, input and socket allow.
  void advance();

  /// The server winds down: closes if idle, else after the response at hand.
  void drain();

  /// Gives the connection up, whatever it does; takes effect in `advance`.
  void kill() { lost_ = true; }

  bool dead() const { return dead_; }

  // For its Exchange:

  void send_interim(const ResponseHead& head);
  void respond(const ResponseHead& head, const Framing& framing, Content content);
  void begin_stream(const ResponseHead& head, const Framing& framing);
  bool write_stream(std::string_view piece, bool chunked);
  void end_stream(bool chunked);
  void abort();

 private:
  enum class State {
    head,       // between requests, or in a head
    body,       // in a body, answered or not
    answering,  // the request was read whole, or refused
    lingering   // the last response is sent; what still arrives is dropped (RFC 9112 section 9.6)
  };

  void read();
  void take_input(std::string_view bytes);
  std::string_view input() const;
  void consume(std::size_t bytes);
  void keep_input();

  bool parse();
  bool parse_head();
  bool parse_body();
  bool skip_empty_lines();
  void open_exchange();
  void head_complete();
  void send_continue();
  void request_complete();
  void reject(const Rejection& rejection);

  void flush();
  void count_sent();
  bool answer_is_sent() const;
  bool body_is_left() const;
  Persistence persistence(const Framing& framing);
  void notify_drained();
  void finish_exchange();
  void linger();
  void lose();
  void wake();

  bool wants_input() const;
  void update_interest();
  void update_deadline();
  Clock::time_point deadline() const;
  void on_timer();
  void on_timeout();

  template <typename Call>
  void guarded(Call call);

  Worker& worker_;
  const int fd_;
  const std::string peer_;
  State state_ = State::head;

  RequestParser parser_;
  std::shared_ptr<Exchange> exchange_;  // from a request's first byte until its response is sent
  std::string kept_;                    // input that waits
  std::size_t consumed_ = 0;            // of kept_
  std::string_view fresh_;              // input of this turn in the worker's buffer, when nothing is kept
  Outbox outbox_;

  Clock::time_point state_since_;     // idle, body or lingering since
  Clock::time_point write_progress_;  // the kernel last took something
  Clock::time_point timer_at_;        // when timer_ fires, if armed
  loop::EventLoop::TimerId timer_ = 0;
  std::size_t linger_budget_ = 0;

  int interest_ = -1;    // what the epoll was told; -1: Pistache's own edge-triggered registration
  bool at_end_ = false;  // the client closed its sending side
  bool close_ = false;   // after the response at hand
  bool rejected_ = false;
  bool body_begun_ = false;  // the client sends the body, asked or not
  bool drain_wanted_ = false;
  bool lost_ = false;
  bool dead_ = false;
  bool queued_ = false;  // the worker will call `advance`
  bool advancing_ = false;
  bool again_ = false;
};

}  // namespace pgw::edge
