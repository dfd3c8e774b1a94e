// Finds the end of a request's head in what has arrived, and refuses what no head may contain.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/edge/limits.h"
#include "gateway/edge/rejection.h"

namespace pgw::edge {

/// Looks at every byte once, however the packets were cut, so that a parser behind it sees whole heads only and a head
/// that can't become valid is refused at once instead of waited for.
///
/// It is the strict half of the parsing: lines end in CRLF and nothing else (RFC 9112 section 2.2 allows a recipient to
/// accept a bare LF; what reads it differently is a smuggling hole), no line begins with white space (obs-fold, section
/// 5.2; before the first field, section 2.2), no control characters (RFC 9110 section 5.5), sizes within the limits.
class HeadScanner {
 public:
  enum class State { incomplete, complete, refused };

  void reset() { *this = HeadScanner(); }

  /// `head` holds everything since the first byte of the request line; what earlier calls saw must be unchanged.
  State scan(std::string_view head, const Limits& limits);

  /// Bytes up to and including the empty line, once complete.
  std::size_t size() const { return at_; }

  /// Without the CRLF, once complete.
  std::size_t request_line_size() const { return request_line_size_; }

  /// Once refused.
  const Rejection& rejection() const { return rejection_; }

 private:
  bool scan_line(std::string_view head, const Limits& limits);
  bool end_line(std::string_view head, const Limits& limits);
  bool check_size(const Limits& limits);
  bool refuse(int status, std::string_view reason, const char* message);

  std::size_t at_ = 0;    // the next byte to look at
  std::size_t line_ = 0;  // where its line begins
  std::size_t lines_ = 0;
  std::size_t request_line_size_ = 0;
  bool complete_ = false;
  Rejection rejection_;
};

}  // namespace pgw::edge
