// One request's life: its attempts, what is written and read on the connection of the current one, its time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/loop/event_loop.h"
#include "gateway/upstream/client.h"
#include "gateway/upstream/connection.h"
#include "gateway/upstream/connector.h"
#include "gateway/upstream/credential_filter.h"
#include "gateway/upstream/response_reader.h"

namespace pgw::upstream {

/// What an event on the connection led to.
enum class Progress : std::uint8_t {
  goes_on,
  complete,  ///< the response is whole
  lost,      ///< the connection is no more, and no byte of a response has come
  failed,    ///< `Exchange::failure`: what has come can't become a response
};

/// Written and read by the client alone, in its loop's thread. Used again for further requests: it keeps its storage.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t {
    waiting,   ///< in the pool's queue, or for a connection that was granted
    pausing,   ///< before a repetition
    attached,  ///< has a connection
  };

  void begin(OutgoingRequest request, std::shared_ptr<ResponseSink> sink, std::shared_ptr<Connector> connector,
             Clock::time_point now);
  void clear();

  /// A further attempt, on this connection; to be followed by `write`.
  void attach(std::unique_ptr<Connection> connection, Clock::time_point turn);
  std::unique_ptr<Connection> detach();
  Connection* connection() const { return connection_.get(); }

  /// The socket takes bytes again.
  Progress write();
  /// The socket has bytes. Takes no more than a buffer, however much there is: others wait for their turn. The buffer
  /// is only used within the call.
  Progress read(std::span<char> buffer, Clock::time_point now);

  /// Another piece of a streamed body, or its end; to be followed by `write`.
  void add_body(std::string_view piece);
  void end_body();
  /// Whether more may come before `on_writable`, which `tell_writable` calls once it may.
  bool takes_more_body();
  bool is_holding_up_body() const { return is_holding_up_body_; }
  void tell_writable();

  /// After `read`: OpenSSL may hold more, of which no event tells. What is left in a socket is told again.
  bool has_more() const { return has_more_; }

  bool is_paused() const { return paused_at_.has_value(); }
  /// Delivers what had come while the sink took no more.
  void unpause(Clock::time_point now);
  Progress deliver_pending();

  /// After `complete`: whether the connection can take another request.
  bool leaves_connection_usable() const;

  /// Whether the request may be sent again after its connection was lost.
  bool may_repeat() const;
  /// Whether the upstream certainly hasn't seen it: no byte was taken from us.
  bool is_untouched() const { return sent_ == 0; }
  /// Whether any byte of a response has come in this attempt.
  bool has_response_begun() const { return reader_.has_begun(); }
  /// Whether the request may be sent again although the upstream may have seen it.
  bool survives_loss() const { return is_idempotent() && request_.repeatable && !is_upload_cut_; }

  /// When its time is up, as things are.
  Clock::time_point deadline() const;
  /// Whether the upstream has all that has come of a streamed body, and its end hasn't: meanwhile the upstream's time
  /// stands still.
  bool awaits_body() const;
  void bound_by_idle_time(Clock::time_point now);

  const OutgoingRequest& request() const { return request_; }
  const Target& target() const { return connector_->destination()->target(); }

  std::uint64_t id = 0;
  State state = State::waiting;
  unsigned repetitions = 0;
  bool is_opening = false;                    ///< a connection is being opened on its behalf
  bool reads_on = false;                      ///< a further `read` will come, whatever the socket tells
  bool is_busy = false;                       ///< in a call of its sink: must not be cleared now
  bool is_cancelled = false;                  ///< meanwhile
  loop::EventLoop::TimerId timer = 0;         ///< of its deadline
  Failure failure = Failure::internal_error;  ///< of the last attempt
  std::string detail;
  Clock::time_point attached_in_turn{};

  const std::shared_ptr<ResponseSink>& sink() const { return sink_; }
  const std::shared_ptr<Connector>& connector() const { return connector_; }

 private:
  bool is_idempotent() const;
  Progress consume(std::string_view bytes);
  Progress take_head();
  Progress connection_ended(Connection::Io io);
  Progress fail(Failure why, std::string_view what);
  void deliver(std::string_view piece);
  Progress write_from(std::string_view bytes, std::size_t& at);
  bool is_written() const;
  void forget_sent_body();
  void note_body_progress();
  void follow_interest();

  OutgoingRequest request_;
  std::shared_ptr<ResponseSink> sink_;
  std::shared_ptr<Connector> connector_;
  std::unique_ptr<Connection> connection_;
  ResponseReader reader_;
  CredentialFilter filter_;

  std::string head_;  // and a body that is small, of this attempt
  std::size_t head_at_ = 0;
  std::size_t body_at_ = 0;  // of request_.body
  std::string upload_;       // of a streamed body: what the socket hasn't taken, and what it has if that is all
  std::size_t upload_at_ = 0;
  bool upload_ended_ = false;
  bool is_upload_cut_ = false;  // what the socket has taken is no longer here
  bool is_holding_up_body_ = false;
  std::uint64_t sent_ = 0;  // bytes of this attempt
  bool wants_write_ = false;

  std::string pending_;       // what has come while the sink took no more
  bool has_surplus_ = false;  // bytes behind the response
  bool is_head_done_ = false;
  bool has_more_ = false;
  std::optional<Clock::time_point> paused_at_;
  std::optional<Clock::time_point> last_byte_at_;  // set: its time is bounded from byte to byte
  Clock::time_point deadline_{};
};

}  // namespace pgw::upstream
