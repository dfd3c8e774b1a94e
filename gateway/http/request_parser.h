// Bytes to one request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/http/body_framing.h"
#include "gateway/http/head_scanner.h"
#include "gateway/http/limits.h"
#include "gateway/http/malformation.h"
#include "gateway/http/message.h"

namespace pgw::http {

/// An incremental HTTP/1.1 request parser (RFC 9112): HeadScanner and BodyReader for strictness, the grammar of the
/// request line, and the rules of a server on top: versions, methods, targets, Host, and no doubt about where a body
/// ends. Reusable; does no I/O. Not thread-safe.
class RequestParser {
 public:
  enum class Event {
    need_more,  ///< what was not consumed must be offered again, with more behind it
    head,       ///< the head is complete; `has_body` tells whether to go on
    complete,   ///< the body is complete too
    rejected    ///< see `malformation`; the parser is of no further use for this connection
  };

  RequestParser() = default;
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Begins a new request; `request` is filled while it is parsed. Both arguments must live until the request is
  /// complete.
  void begin(Request& request, const Limits& limits);

  /// Of a complete head: no more than this, if it is less than what `begin` was told. False if the announced body is
  /// larger already; `malformation` then says so.
  bool limit_body(std::uint64_t bytes);

  /// Drops what further body arrives, instead of appending it to the request.
  void discard_body() { discard_ = true; }

  /// Parses up to the next event and sets `consumed`. Never throws but std::bad_alloc.
  Event feed(std::string_view data, std::size_t& consumed);

  const Malformation& malformation() const { return malformation_; }

  // Of a complete head:

  bool has_body() const { return has_body_; }
  bool keep_alive() const { return keep_alive_; }
  /// The client waits for 100 (Continue) before it sends the body (RFC 9110 section 10.1.1).
  bool expects_continue() const { return expects_continue_; }
  /// Bytes of the body that are still to come; none if its length isn't known (chunked).
  std::optional<std::uint64_t> body_remaining() const { return body_.remaining(); }

 private:
  Event feed_head(std::string_view data, std::size_t& consumed);
  Event feed_body(std::string_view data, std::size_t& consumed);
  bool check_request_line(std::string_view line);
  bool check_host();
  bool check_connection();
  bool check_framing();
  bool check_expectation();
  bool reject_large_body();
  bool wants_to_stay() const;
  bool reject(int status, std::string_view reason, const char* message);

  HeadScanner scanner_;
  BodyReader body_;
  Request* request_ = nullptr;
  const Limits* limits_ = nullptr;
  Malformation malformation_;
  bool head_done_ = false;
  bool has_body_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  bool discard_ = false;
  std::uint64_t body_size_ = 0;  // of the content that has come, kept or not
  std::uint64_t max_body_ = 0;
};

}  // namespace pgw::http
