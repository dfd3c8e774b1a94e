// Where the body of a message ends, and what of its bytes is content (RFC 9112 sections 6 and 7). One reading for every
// message, received from a client or from an upstream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace pgw::http {

/// What the header section says about the body.
struct AnnouncedBody {
  enum class Kind : std::uint8_t {
    none,     ///< neither Content-Length nor Transfer-Encoding
    length,   ///< one Content-Length of digits alone
    chunked,  ///< Transfer-Encoding, and nothing in it but one "chunked"
    bad_length,
    bad_coding,     ///< chunked isn't last, isn't alone of its name, or stands beside Content-Length
    unknown_coding  ///< another coding before chunked
  };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  ///< for Kind::length

  bool is_malformed() const { return kind >= Kind::bad_length; }
};

/// Strict where RFC 9112 section 6.3 leaves a choice: a repeated Content-Length is malformed even if all agree, and so
/// is one beside Transfer-Encoding. Whether the message's version and status allow a body is the caller's to know.
AnnouncedBody announced_body(const Fields& fields);

/// The chunked coding (RFC 9112 section 7.1), however its bytes were cut. Chunk extensions and trailers are checked and
/// dropped (RFC 9110 section 6.5.1 forbids to merge trailers into the header section unasked). Lines end in CRLF and
/// nothing else, sizes are hexadecimal digits below 2^63, a chunk's line and the whole trailer section are bounded, and
/// so is what lines may cost beside the content: chunks of one byte with long extensions are refused.
class ChunkedDecoder {
 public:
  enum class State : std::uint8_t { reading, complete, malformed };

  struct Piece {
    std::size_t consumed = 0;  ///< of the input; all of it unless content was found, or the end
    std::string_view content;  ///< the next bytes of content, a view into the input; may be empty
  };

  /// Reads on, up to the end of the next piece of content. To be called until the input is consumed or the state is no
  /// longer `reading`; never consumes what stands behind the body.
  Piece next(std::string_view input);

  State state() const { return state_; }

  /// A line or the trailer section outgrew its bound; else the malformation is one of form.
  bool is_oversized() const { return oversized_; }

  /// Bytes of the current chunk that are still to come, 0 between chunks: for a limit that is to bite before they do.
  std::uint64_t chunk_remaining() const { return at_ == At::content ? remaining_ : 0; }

  static constexpr std::size_t max_line = 4096;       ///< a chunk's line, and all trailers together
  static constexpr std::uint64_t spare_cost = 65536;  ///< of all lines beyond what 16 bytes a chunk and the content pay

 private:
  enum class At : std::uint8_t {
    size_begin,        // the first digit of a size
    size,              // further digits
    before_extension,  // white space behind a size
    extension,
    quoted,          // in a quoted string of an extension
    quoted_escaped,  // behind its backslash
    line_end,        // the LF of a size's line
    content,
    content_cr,
    content_lf,
    trailer,  // in a trailer line, perhaps at its begin
    trailer_lf
  };

  void read_line(char c);
  void add_digit(char c);
  void read_extension(char c);
  void end_line();
  void read_trailer(char c);
  void end_trailer();
  void fail() { state_ = State::malformed; }
  void fail_oversized();

  State state_ = State::reading;
  At at_ = At::size_begin;
  bool oversized_ = false;
  std::uint64_t remaining_ = 0;
  std::size_t line_size_ = 0;
  std::uint64_t cost_ = 0;  // what the lines cost beyond what is paid for
  std::string trailer_;     // the line at hand
};

/// The body of one message, whatever frames it.
class BodyReader {
 public:
  using Piece = ChunkedDecoder::Piece;
  using State = ChunkedDecoder::State;

  /// No body: complete at once.
  BodyReader() = default;

  /// So many bytes.
  static BodyReader of_length(std::uint64_t length);
  static BodyReader chunked();
  /// To the end of the connection: responses only (RFC 9112 section 6.3).
  static BodyReader until_close();

  /// As ChunkedDecoder::next.
  Piece next(std::string_view input);

  /// What the connection's end means here: true if the body is complete with it.
  bool may_end_here() const { return kind_ == Kind::until_close || state() == State::complete; }

  State state() const;
  bool is_oversized() const { return decoder_.is_oversized(); }
  bool is_chunked() const { return kind_ == Kind::chunked; }

  /// Bytes of content still to come, if that is known.
  std::optional<std::uint64_t> remaining() const;

  /// Bytes that are certain to come: `remaining`, or what is left of the chunk at hand.
  std::uint64_t certain() const;

 private:
  enum class Kind : std::uint8_t { length, chunked, until_close };

  Kind kind_ = Kind::length;
  std::uint64_t length_ = 0;  // what is left of it
  ChunkedDecoder decoder_;
};

}  // namespace pgw::http
