// One request and its response on a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/http/exchange.h"

namespace pgw::http {

class Connection;

/// The exchange that a Connection hands to its handler. It knows which calls are in order and what of a response is
/// content; how bytes leave is the connection's matter.
class Stream final : public Exchange {
 public:
  using Exchange::Exchange;

  // The handler's side: see Exchange.
  void limit_body(std::uint64_t bytes) override;
  void take_body(std::shared_ptr<BodySink> sink) override;
  void resume_body() override;
  void respond(const ResponseHead& head, Content content) override;
  void respond(const ResponseHead& head, std::optional<std::uint64_t> content_length_without_body) override;
  void interim(const ResponseHead& head) override;
  void begin(const ResponseHead& head, std::optional<std::uint64_t> content_length) override;
  bool write(std::string_view piece) override;
  void end() override;
  void abort() override;

  // The connection's side:

  /// A new request begins, with its first byte.
  void open(Connection& connection, Clock::time_point first_byte_at);
  Clock::time_point first_byte_at() const { return first_byte_at_; }

  /// Where the body goes, if not into the request.
  BodySink* body_sink() const { return body_sink_.get(); }

  /// The request was read as far as its answer needs.
  void note_read(Clock::time_point when) { read_at_ = when; }

  /// The handler has given the whole response.
  bool is_complete() const { return phase_ == Phase::done; }

  void count_sent(std::uint64_t bytes) { bytes_sent_ += bytes; }

  /// Tells the handler that the client takes bytes again, if it wants to know.
  void notify_drained();

  /// The exchange is over; from now on its connection is not touched. `client_gone`: not in order.
  void detach(bool client_gone);

  /// Tells the handler that the client is gone, if it wants to know.
  void notify_disconnect();

  /// Drops what the handler hung on it: that may hold the handler's own objects, or the exchange itself.
  void release();

 private:
  void answer(const ResponseHead& head, std::optional<std::uint64_t> content_length, Content content);

  Connection* connection_ = nullptr;  // null when the exchange is over or the client gone
  Clock::time_point first_byte_at_{};
  bool has_content_ = false;  // of the streamed response
  bool chunked_ = false;
  std::shared_ptr<BodySink> body_sink_;
  std::optional<std::uint64_t> content_left_;  // what the announced length still asks for
};

}  // namespace pgw::http
