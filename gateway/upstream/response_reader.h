// Reads the responses of one connection: pure, no sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/body_framing.h"
#include "gateway/http/head_scanner.h"
#include "gateway/http/message.h"

namespace pgw::upstream {

/// One response (interim ones included), however its bytes were cut (RFC 9112). Strict: what readers could frame
/// differently is malformed, which ends the connection (section 6.3). Not thread-safe.
class ResponseReader {
 public:
  /// Interim responses before the final one; more of them are a flood.
  static constexpr unsigned most_interim = 256;

  enum class Event : std::uint8_t {
    more,       ///< the input is used up
    interim,    ///< `status` and `fields` of an interim response (RFC 9110 section 15.2)
    head,       ///< of the final one
    content,    ///< `content`
    end,        ///< the response is complete; what is left of the input is none of it
    malformed,  ///< nobody should read on
    oversized,  ///< the header section is too large
  };

  static constexpr http::HeadLimits limits{
      .max_size = std::size_t{64} * 1024, .max_first_line = std::size_t{8} * 1024, .max_fields = 256};

  /// Expects the response to a request; to one of HEAD none has a body.
  void begin(bool is_head_request);

  /// Reads on until the next event, and removes from `input` what it has used.
  Event next(std::string_view& input);

  /// Whether any byte of a response has come.
  bool has_begun() const { return has_begun_; }

  /// Whether the connection's end is the response's end too: only behind a body that nothing else frames.
  bool may_end_here() const { return at_ == At::body && body_.may_end_here(); }

  /// Whether the last piece of content was the last of the response, as far as is known.
  bool is_whole() const { return body_.state() == http::BodyReader::State::complete; }

  int status() const { return status_; }
  http::Fields& fields() { return fields_; }

  /// A view into the input.
  std::string_view content() const { return content_; }

  /// After the end: whether the connection may be used again (RFC 9112 section 9.3).
  bool may_persist() const { return may_persist_; }

 private:
  enum class At : std::uint8_t { head, body, end };

  Event read_head(std::string_view& input);
  Event read_body(std::string_view& input);
  Event take_head(std::string_view head);
  bool take_status_line(std::string_view line);
  bool choose_framing();
  void drop_lengths_beside_coding();
  bool unite_lengths();

  http::HeadScanner scanner_;
  std::string head_;  // what has come of a head that came in pieces
  http::Fields fields_;
  http::BodyReader body_;
  std::string_view content_;
  At at_ = At::head;
  int status_ = 0;
  int version_minor_ = 1;
  unsigned interim_ = 0;
  bool is_head_request_ = false;
  bool has_begun_ = false;
  bool may_persist_ = true;
};

}  // namespace pgw::upstream
