#include "gateway/upstream/response_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/secret.h"
#include "gateway/http/field_line.h"

namespace pgw::upstream {
namespace {

constexpr std::string_view version_prefix = "HTTP/1.";
constexpr std::size_t after_version = version_prefix.size() + 1;
constexpr std::size_t shortest_status_line = after_version + 4;
constexpr int switching_protocols = 101;

}  // namespace

void ResponseReader::begin(bool is_head_request) {
  scanner_.reset();
  head_.clear();
  at_ = At::head;
  interim_ = 0;
  is_head_request_ = is_head_request;
  has_begun_ = false;
  may_persist_ = true;
}

ResponseReader::Event ResponseReader::next(std::string_view& input) {
  if (at_ == At::head) return input.empty() ? Event::more : read_head(input);
  if (at_ == At::body) return read_body(input);
  return Event::more;
}

ResponseReader::Event ResponseReader::read_head(std::string_view& input) {
  has_begun_ = true;
  const std::size_t before = head_.size();
  if (before > 0) head_ += input;
  const std::string_view seen = before > 0 ? std::string_view(head_) : input;
  switch (scanner_.scan(seen, limits)) {
    case http::HeadScanner::State::incomplete:
      if (before == 0) head_ = input;
      input = {};
      return Event::more;
    case http::HeadScanner::State::refused: {
      using http::HeadFault;
      const bool is_oversized = scanner_.fault() == HeadFault::too_large ||
                                scanner_.fault() == HeadFault::too_many_fields ||
                                scanner_.fault() == HeadFault::first_line_too_long;
      return is_oversized ? Event::oversized : Event::malformed;
    }
    case http::HeadScanner::State::complete:
      break;
  }
  input.remove_prefix(scanner_.size() - before);
  return take_head(seen.substr(0, scanner_.size()));
}

ResponseReader::Event ResponseReader::take_head(std::string_view head) {
  fields_.clear();
  if (!take_status_line(scanner_.first_line(head))) return Event::malformed;
  if (!http::parse_field_lines(scanner_.field_lines(head), fields_)) return Event::malformed;
  scanner_.reset();
  config::wipe(head_.data(), head_.size());  // whatever the upstream sent may have had a credential in it
  head_.clear();
  if (status_ < 200) {
    // Nothing was asked to switch, so what would follow is nobody's protocol.
    return status_ == switching_protocols || ++interim_ > most_interim ? Event::malformed : Event::interim;
  }
  if (!choose_framing()) return Event::malformed;
  at_ = At::body;
  return Event::head;
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ]. That the second space is missing where there is no
// reason is so common that it is no sign of anything.
bool ResponseReader::take_status_line(std::string_view line) {
  if (line.size() < shortest_status_line || !line.starts_with(version_prefix)) return false;
  if (line.size() > shortest_status_line && line[shortest_status_line] != ' ') return false;
  const char minor = line[version_prefix.size()];
  const auto code = line.substr(after_version + 1, 3);
  if (!base::is_digit(minor) || line[after_version] != ' ' || !std::ranges::all_of(code, base::is_digit)) return false;
  version_minor_ = minor - '0';
  status_ = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return status_ >= 100;
}

bool ResponseReader::choose_framing() {
  const http::ConnectionOptions options(fields_);
  if (options.are_too_many()) return false;
  may_persist_ = version_minor_ > 0 ? !options.contains("close") : options.contains("keep-alive");
  if (!http::has_content(is_head_request_, status_)) {
    body_ = http::BodyReader();
    return fields_.contains("transfer-encoding") || unite_lengths();
  }
  drop_lengths_beside_coding();
  if (!unite_lengths()) return false;
  const auto announced = http::announced_body(fields_);
  if (announced.is_malformed()) return false;
  switch (announced.kind) {
    case http::AnnouncedBody::Kind::length:
      body_ = http::BodyReader::of_length(announced.length);
      break;
    case http::AnnouncedBody::Kind::chunked:
      body_ = http::BodyReader::chunked();
      // RFC 9112 section 6.1: HTTP/1.0 has no transfer codings, whatever framed this may frame the next one otherwise.
      if (version_minor_ == 0) may_persist_ = false;
      break;
    default:
      body_ = http::BodyReader::until_close();
      may_persist_ = false;
      break;
  }
  return true;
}

// It is the transfer coding that frames the message (RFC 9112 section 6.3), but a sender that says both is not trusted
// with another one.
void ResponseReader::drop_lengths_beside_coding() {
  if (fields_.contains("transfer-encoding") && fields_.erase("content-length") > 0) may_persist_ = false;
}

// Lengths that are repeated and agree are one.
bool ResponseReader::unite_lengths() {
  const auto lengths = fields_.all("content-length");
  if (lengths.empty()) return true;
  const auto length = lengths.front();
  const bool is_number = !length.empty() && std::ranges::all_of(length, base::is_digit);
  if (!is_number || std::ranges::any_of(lengths, [&](auto other) { return other != length; })) return false;
  if (lengths.size() > 1) {
    bool is_first = true;
    fields_.erase_if([&](const http::Field& field) {
      return base::iequals(field.name, "content-length") && !std::exchange(is_first, false);
    });
  }
  return true;
}

ResponseReader::Event ResponseReader::read_body(std::string_view& input) {
  using State = http::BodyReader::State;
  if (body_.state() == State::reading && !input.empty()) {
    const auto piece = body_.next(input);
    input.remove_prefix(piece.consumed);
    content_ = piece.content;
    if (body_.state() == State::malformed) return Event::malformed;
    if (!content_.empty()) return Event::content;
  }
  if (body_.state() != State::complete) return Event::more;
  at_ = At::end;
  return Event::end;
}

}  // namespace pgw::upstream
