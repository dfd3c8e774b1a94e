#include "gateway/http/body_framing.h"

#include <algorithm>
#include <charconv>

#include "base/list.h"
#include "base/text.h"
#include "gateway/http/field_line.h"

namespace pgw::http {
namespace {

/// What the line of a reasonable chunk takes: its size, the two line ends, and room for a short extension.
constexpr std::uint64_t cost_of_chunk = 16;

constexpr bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool is_digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (text.empty() || !is_digits || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

AnnouncedBody::Kind announced_coding(const Fields& fields) {
  using Kind = AnnouncedBody::Kind;
  std::size_t codings = 0;
  std::size_t chunked = 0;
  bool is_last = false;
  for (const Field& field : fields) {
    if (!base::iequals(field.name, "transfer-encoding")) continue;
    base::for_each_element(field.value, [&](std::string_view coding) {
      is_last = base::iequals(coding, "chunked");
      chunked += is_last ? 1 : 0;
      ++codings;
    });
  }
  if (!is_last || chunked > 1) return Kind::bad_coding;
  return codings > 1 ? Kind::unknown_coding : Kind::chunked;
}

}  // namespace

AnnouncedBody announced_body(const Fields& fields) {
  using Kind = AnnouncedBody::Kind;
  const std::string* length_text = nullptr;
  bool is_repeated = false;
  bool has_coding = false;
  for (const Field& field : fields) {
    if (base::iequals(field.name, "content-length")) {
      is_repeated = length_text != nullptr;
      length_text = &field.value;
    } else if (base::iequals(field.name, "transfer-encoding")) {
      has_coding = true;
    }
  }
  if (has_coding) return {length_text != nullptr ? Kind::bad_coding : announced_coding(fields)};
  if (length_text == nullptr) return {};
  const auto length = parse_length(*length_text);
  if (is_repeated || !length) return {Kind::bad_length};
  return {Kind::length, *length};
}

// ---- chunks ----

ChunkedDecoder::Piece ChunkedDecoder::next(std::string_view input) {
  std::size_t at = 0;
  while (state_ == State::reading && at < input.size()) {
    if (at_ == At::content) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size() - at));
      remaining_ -= size;
      if (remaining_ == 0) at_ = At::content_cr;
      return {at + size, input.substr(at, size)};
    }
    read_line(input[at++]);
  }
  return {at, {}};
}

// One byte outside of the content.
void ChunkedDecoder::read_line(char c) {
  switch (at_) {
    case At::size_begin:
    case At::size:
      add_digit(c);
      break;
    case At::before_extension:
    case At::extension:
    case At::quoted:
    case At::quoted_escaped:
      read_extension(c);
      break;
    case At::line_end:
      c == '\n' ? end_line() : fail();
      break;
    case At::content_cr:
      c == '\r' ? static_cast<void>(at_ = At::content_lf) : fail();
      return;
    case At::content_lf:
      c == '\n' ? static_cast<void>(at_ = At::size_begin) : fail();
      return;
    case At::trailer:
    case At::trailer_lf:
      read_trailer(c);
      break;
    case At::content:
      return;
  }
  if (state_ == State::reading && ++line_size_ > max_line) fail_oversized();
}

void ChunkedDecoder::add_digit(char c) {
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
  if (digit >= 0) {
    if (at_ == At::size_begin) line_size_ = 0;
    at_ = At::size;
    if (remaining_ >> 59U != 0) return fail();  // the size would need its 64th bit
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
  } else if (at_ == At::size_begin) {
    fail();
  } else {
    at_ = At::before_extension;
    read_extension(c);
  }
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ). No more of it is checked than where it
// ends.
void ChunkedDecoder::read_extension(char c) {
  if (c == '\r' && (at_ == At::before_extension || at_ == At::extension)) {
    at_ = At::line_end;
    return;
  }
  if (!is_text(c)) return fail();
  switch (at_) {
    case At::before_extension:
      if (c == ';') at_ = At::extension;
      if (c != ';' && c != ' ' && c != '\t') fail();
      break;
    case At::extension:
      if (c == '"') at_ = At::quoted;
      break;
    case At::quoted:
      if (c == '"') at_ = At::extension;
      if (c == '\\') at_ = At::quoted_escaped;
      break;
    default:
      at_ = At::quoted;
      break;
  }
}

void ChunkedDecoder::end_line() {
  if (remaining_ == 0) {
    at_ = At::trailer;
    line_size_ = 0;
    return;
  }
  at_ = At::content;
  cost_ += line_size_;
  cost_ -= std::min(cost_, cost_of_chunk + remaining_);
  if (cost_ > spare_cost) fail_oversized();
}

void ChunkedDecoder::read_trailer(char c) {
  if (at_ == At::trailer_lf) {
    c == '\n' ? end_trailer() : fail();
  } else if (c == '\r') {
    at_ = At::trailer_lf;
  } else if (is_text(c)) {
    trailer_ += c;
  } else {
    fail();
  }
}

// A trailer that would frame the message anew has no meaning but mischief (RFC 9110 section 6.5.1).
void ChunkedDecoder::end_trailer() {
  at_ = At::trailer;
  if (trailer_.empty()) {
    state_ = State::complete;
    return;
  }
  const auto field = parse_field_line(trailer_);
  if (!field || base::iequals(field->name, "content-length") || base::iequals(field->name, "transfer-encoding")) fail();
  trailer_.clear();
}

void ChunkedDecoder::fail_oversized() {
  oversized_ = true;
  fail();
}

// ---- any body ----

BodyReader BodyReader::of_length(std::uint64_t length) {
  BodyReader reader;
  reader.length_ = length;
  return reader;
}

BodyReader BodyReader::chunked() {
  BodyReader reader;
  reader.kind_ = Kind::chunked;
  return reader;
}

BodyReader BodyReader::until_close() {
  BodyReader reader;
  reader.kind_ = Kind::until_close;
  return reader;
}

BodyReader::Piece BodyReader::next(std::string_view input) {
  if (kind_ == Kind::chunked) return decoder_.next(input);
  if (kind_ == Kind::until_close) return {input.size(), input};
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length_, input.size()));
  length_ -= size;
  return {size, input.substr(0, size)};
}

BodyReader::State BodyReader::state() const {
  if (kind_ == Kind::chunked) return decoder_.state();
  return kind_ == Kind::length && length_ == 0 ? State::complete : State::reading;
}

std::optional<std::uint64_t> BodyReader::remaining() const {
  if (state() == State::complete) return 0;
  return kind_ == Kind::length ? std::optional(length_) : std::nullopt;
}

std::uint64_t BodyReader::certain() const {
  return kind_ == Kind::chunked ? decoder_.chunk_remaining() : length_;
}

}  // namespace pgw::http
