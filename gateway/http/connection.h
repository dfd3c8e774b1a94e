// One client connection: HTTP/1.1 between a socket and the RequestHandler.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/address_seat.h"
#include "gateway/http/outbox.h"
#include "gateway/http/request_handler.h"
#include "gateway/http/request_parser.h"
#include "gateway/http/response_head.h"
#include "gateway/http/stream.h"
#include "gateway/http/transport.h"
#include "gateway/loop/event_loop.h"

namespace pgw::http {

class ServerConnections;

/// Serves one request at a time, each as a Stream, in the order of arrival (RFC 9112 section 9.3.2): the next one is
/// parsed when the response of the one before is with the kernel. Meanwhile what arrives is kept up to a bound, then
/// reading pauses and TCP holds the client back.
///
/// Nothing here calls the handler from inside a handler's call: a Stream's functions send and change state, then `wake`
/// has `advance` called as the loop's turn ends. `advance` is the whole state machine. A connection that is dead is
/// destroyed by ServerConnections as the turn ends, never inside one of its own functions.
class Connection final : public loop::Watcher {
 public:
  using Clock = std::chrono::steady_clock;

  /// `is_trusted`: the other end may begin with a PROXY header.
  Connection(ServerConnections& server, std::unique_ptr<Transport> transport, std::string peer, bool is_trusted);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return transport_->fd(); }

  // For the loop and for ServerConnections:

  void on_ready(int ready) override;

  /// Goes as far as state, input and socket allow.
  void advance();

  /// The server winds down: closes if idle, else after the response at hand.
  void drain();

  /// Gives the connection up, whatever it does; takes effect in `advance`.
  void kill() { lost_ = true; }

  /// Since when there has been no request, or not its whole head; nothing while there is one.
  std::optional<Clock::time_point> idle_since() const;

  /// Closes the connection as this turn ends.
  void give_way();
  bool gives_way() const { return lost_ || dead_; }

  /// Where ServerConnections finds it among those of its address.
  AddressSeat& seat() { return seat_; }

  bool dead() const { return dead_; }

  // For its Stream:

  void limit_body(std::uint64_t bytes);
  void resume_body();

  void send_interim(const ResponseHead& head);
  void respond(const ResponseHead& head, const Framing& framing, Content content);
  void begin_stream(const ResponseHead& head, const Framing& framing);
  bool write_stream(std::string_view piece, bool chunked);
  void end_stream(bool chunked);
  void abort();

 private:
  enum class State {
    preface,    // before the first request, where a PROXY header may stand
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
  bool parse_preface();
  bool parse_head();
  bool parse_body();
  bool deliver_body();
  bool is_body_wanted() const;
  void drop_body();
  bool skip_empty_lines();
  void open_stream();
  void head_complete();
  void send_continue();
  void request_complete();
  bool client_has_left() const;
  void reject(const Malformation& malformation);

  void flush();
  void count_sent();
  bool answer_is_sent() const;
  bool body_is_left() const;
  Persistence persistence(const Framing& framing);
  void notify_drained();
  void finish_stream();
  void linger();
  void lose();
  void wake();

  bool wants_input() const;
  void update_interest();
  void update_deadline();
  Clock::time_point deadline() const;
  void on_timer();
  void on_timeout();
  bool client_takes_bytes();

  template <typename Call>
  void guarded(Call call);

  ServerConnections& server_;
  const std::unique_ptr<Transport> transport_;
  std::string peer_;
  bool is_trusted_;  // what requests say of the way they came is believed
  AddressSeat seat_;
  State state_;

  RequestParser parser_;
  std::shared_ptr<Stream> stream_;  // from a request's first byte until its response is sent
  std::string kept_;                // input that waits
  std::size_t consumed_ = 0;        // of kept_
  std::string_view fresh_;          // input of this turn in the shared buffer, when nothing is kept
  Outbox outbox_;

  Clock::time_point state_since_;     // idle, body or lingering since
  Clock::time_point write_progress_;  // the kernel, or the client, last took something
  std::size_t unacknowledged_ = 0;    // of what the kernel has, when it last took something or was asked
  Clock::time_point timer_at_;        // when timer_ fires, if armed
  loop::EventLoop::TimerId timer_ = 0;
  std::size_t linger_budget_ = 0;

  int read_interest_ = loop::EventLoop::read;  // what the transport waits for before it reads
  int interest_ = -1;                          // what the epoll was told; -1: the listener's own registration
  bool at_end_ = false;                        // the client closed its sending side
  bool close_ = false;                         // after the response at hand
  bool rejected_ = false;
  bool body_too_large_ = false;  // for what the handler allows
  bool body_paused_ = false;     // by its sink
  bool body_begun_ = false;      // the client sends the body, asked or not
  bool drain_wanted_ = false;
  bool lost_ = false;
  bool dead_ = false;
  bool queued_ = false;  // `advance` will be called
  bool advancing_ = false;
  bool again_ = false;
};

}  // namespace pgw::http
