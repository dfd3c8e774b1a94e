// Finds the end of a message's head in what has arrived, and refuses what no head may contain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pgw::http {

/// What is wrong with a head.
enum class HeadFault : std::uint8_t {
  none,
  leading_whitespace,  ///< the first field line begins with white space (RFC 9112 section 2.2)
  obs_fold,            ///< a later one does (section 5.2)
  bare_lf,
  bare_cr,
  control_character,
  first_line_too_long,
  too_many_fields,
  too_large
};

/// A stable token for logs and metrics: "bare-lf".
std::string_view to_string(HeadFault fault);

/// A sentence for people, without a full stop: "a line ends in LF without CR".
const char* describe(HeadFault fault);

/// In bytes.
struct HeadLimits {
  std::size_t max_size = 32UL * 1024;  ///< the first line and all fields together
  std::size_t max_first_line = 8UL * 1024;
  std::size_t max_fields = 128;
};

/// Looks at every byte once, however the packets were cut, so that a parser behind it sees whole heads only and a head
/// that can't become valid is refused at once instead of waited for. For requests and responses alike.
///
/// It is the strict half of the parsing: lines end in CRLF and nothing else (RFC 9112 section 2.2 allows a recipient to
/// accept a bare LF; what reads it differently is a smuggling hole), no line begins with white space (obs-fold, section
/// 5.2; before the first field, section 2.2), no control characters (RFC 9110 section 5.5), sizes within the limits.
class HeadScanner {
 public:
  enum class State { incomplete, complete, refused };

  void reset() { *this = HeadScanner(); }

  /// `head` holds everything since the first byte of the first line; what earlier calls saw must be unchanged.
  State scan(std::string_view head, const HeadLimits& limits);

  /// Bytes up to and including the empty line, once complete.
  std::size_t size() const { return at_; }

  /// The request or status line, without its CRLF, once complete.
  std::string_view first_line(std::string_view head) const { return head.substr(0, first_line_size_); }

  /// The field lines, each with its CRLF, and the empty line, once complete.
  std::string_view field_lines(std::string_view head) const {
    return head.substr(first_line_size_ + 2, at_ - first_line_size_ - 2);
  }

  /// Once refused.
  HeadFault fault() const { return fault_; }

 private:
  bool scan_line(std::string_view head, const HeadLimits& limits);
  bool end_line(std::string_view head, const HeadLimits& limits);
  bool check_size(const HeadLimits& limits);
  bool refuse(HeadFault fault);

  std::size_t at_ = 0;    // the next byte to look at
  std::size_t line_ = 0;  // where its line begins
  std::size_t lines_ = 0;
  std::size_t first_line_size_ = 0;
  bool complete_ = false;
  HeadFault fault_ = HeadFault::none;
};

}  // namespace pgw::http
