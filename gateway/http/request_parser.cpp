#include "gateway/http/request_parser.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "base/token.h"
#include "gateway/http/field_line.h"
#include "gateway/http/request_target.h"

namespace pgw::http {
namespace {

// The longest method and version with their spaces, generously: what a request line may have beside its target.
constexpr std::size_t request_line_allowance = 64;

constexpr std::array<std::string_view, 8> known_methods = {"GET",   "HEAD",   "POST",    "PUT",
                                                           "PATCH", "DELETE", "OPTIONS", "TRACE"};

bool is_known_method(std::string_view method) {
  return std::find(known_methods.begin(), known_methods.end(), method) != known_methods.end();
}

bool is_version(std::string_view text) {
  return text.size() == 8 && text.substr(0, 5) == "HTTP/" && text[5] >= '0' && text[5] <= '9' && text[6] == '.' &&
         text[7] >= '0' && text[7] <= '9';
}

// Sizes have statuses of their own (RFC 9110 section 15.5.15, RFC 6585 section 5); anything else is a bad request.
Malformation malformation_for(HeadFault fault) {
  switch (fault) {
    case HeadFault::first_line_too_long:
      return {414, "target-too-long", "the request target is too long"};
    case HeadFault::too_many_fields:
      return {431, to_string(fault), "the request has too many header fields"};
    case HeadFault::too_large:
      return {431, to_string(fault), "the request line and header fields are too large"};
    default:
      return {400, to_string(fault), describe(fault)};
  }
}

}  // namespace

void RequestParser::begin(Request& request, const Limits& limits) {
  scanner_.reset();
  body_ = {};
  body_size_ = 0;
  max_body_ = limits.max_body;
  request_ = &request;
  limits_ = &limits;
  head_done_ = has_body_ = keep_alive_ = expects_continue_ = discard_ = false;
}

RequestParser::Event RequestParser::feed(std::string_view data, std::size_t& consumed) {
  consumed = 0;
  return head_done_ ? feed_body(data, consumed) : feed_head(data, consumed);
}

bool RequestParser::limit_body(std::uint64_t bytes) {
  max_body_ = std::min(max_body_, bytes);
  return body_.certain() <= max_body_ || reject_large_body();
}

bool RequestParser::reject_large_body() {
  return reject(413, "body-too-large", "the request body is too large");
}

RequestParser::Event RequestParser::feed_head(std::string_view data, std::size_t& consumed) {
  const HeadLimits limits{.max_size = limits_->max_header,
                          .max_first_line = limits_->max_target + request_line_allowance,
                          .max_fields = limits_->max_fields};
  switch (scanner_.scan(data, limits)) {
    case HeadScanner::State::incomplete:
      return Event::need_more;
    case HeadScanner::State::refused:
      malformation_ = malformation_for(scanner_.fault());
      return Event::rejected;
    case HeadScanner::State::complete:
      break;
  }
  const std::string_view head = data.substr(0, scanner_.size());
  if (!check_request_line(scanner_.first_line(head))) return Event::rejected;
  if (!parse_field_lines(scanner_.field_lines(head), request_->fields)) {
    reject(400, "bad-field", "a header field line is malformed");
    return Event::rejected;
  }
  if (!check_host() || !check_connection() || !check_framing() || !check_expectation()) return Event::rejected;

  consumed = head.size();
  head_done_ = true;
  has_body_ = body_.state() != BodyReader::State::complete;
  keep_alive_ = wants_to_stay();
  return Event::head;
}

// method SP request-target SP HTTP-version (RFC 9112 section 3), told apart by hand for the sake of the right status.
bool RequestParser::check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  const auto method = line.substr(0, first);
  const bool has_three_parts = first != std::string_view::npos && first > 0 && last > first + 1 &&
                               line.find(' ', first + 1) == last && line.find('\t') == std::string_view::npos;
  if (line.substr(0, 6) == "PROXY ") {
    return reject(400, "proxy-protocol", "a PROXY protocol header from an address that is not in trusted_proxies");
  }
  if (!has_three_parts || !base::is_token(method) || !is_version(line.substr(last + 1))) {
    return reject(400, "bad-request-line", "the request line is malformed");
  }
  // What a refusal can already tell to the log.
  request_->method.assign(method);
  request_->target.assign(line.substr(first + 1, last - first - 1));
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return reject(505, "http-version", "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  request_->version_minor = version.back() - '0';
  if (request_->target.size() > limits_->max_target) {
    return reject(414, "target-too-long", "the request target is too long");
  }
  const bool is_served = is_known_method(method) || std::ranges::count(limits_->extra_methods, method) > 0;
  if (!is_served) return reject(501, "unknown-method", "the request method is not implemented");
  return true;
}

// Each option is a field that goes no further, so every field is looked for among them.
bool RequestParser::check_connection() {
  if (!request_->fields.contains("connection") || !ConnectionOptions(request_->fields).are_too_many()) return true;
  return reject(431, "too-many-connection-options", "the Connection field names too many options");
}

// RFC 9112 section 9.3: whether the connection persists, as far as the client says.
bool RequestParser::wants_to_stay() const {
  const bool stays_by_default = request_->version_minor > 0;
  if (!request_->fields.contains("connection")) return stays_by_default;
  const ConnectionOptions options(request_->fields);
  if (options.contains("close")) return false;
  return stays_by_default || options.contains("keep-alive");
}

// RFC 9112 section 3.2; a Host must stand beside an absolute target, too, which then wins.
bool RequestParser::check_host() {
  const std::string* host = request_->fields.find("host");
  if (host == nullptr && request_->version_minor > 0) {
    return reject(400, "missing-host", "the request has no Host field");
  }
  if (host != nullptr) {
    if (request_->fields.count("host") > 1)
      return reject(400, "second-host", "the request has more than one Host field");
    if (!is_valid_host(*host)) return reject(400, "bad-host", "the Host field is malformed");
    request_->host = *host;
  }
  if (!parse_target(*request_)) return reject(400, "bad-target", "the request target is malformed");
  return true;
}

bool RequestParser::check_framing() {
  using Kind = AnnouncedBody::Kind;
  const auto announced = announced_body(request_->fields);
  switch (announced.kind) {
    case Kind::none:
      return true;
    case Kind::length:
      if (announced.length > max_body_) return reject_large_body();
      body_ = BodyReader::of_length(announced.length);
      return true;
    case Kind::chunked:
      if (request_->version_minor == 0) {
        return reject(400, "bad-transfer-encoding", "HTTP/1.0 has no Transfer-Encoding");
      }
      body_ = BodyReader::chunked();
      return true;
    case Kind::bad_length:
      return reject(400, "bad-content-length", "Content-Length is malformed or repeated");
    case Kind::unknown_coding:
      return reject(501, "unknown-transfer-coding", "no transfer coding but chunked is implemented");
    case Kind::bad_coding:
      break;
  }
  return reject(400, "bad-transfer-encoding", "Transfer-Encoding must be \"chunked\" alone, without Content-Length");
}

bool RequestParser::check_expectation() {
  if (request_->version_minor == 0) return true;  // RFC 9110 section 10.1.1: an HTTP/1.0 expectation is ignored
  for (const std::string_view expectation : request_->fields.all("expect")) {
    if (!base::iequals(expectation, "100-continue")) {
      return reject(417, "unknown-expectation", "no expectation but 100-continue can be met");
    }
    expects_continue_ = true;
  }
  return true;
}

RequestParser::Event RequestParser::feed_body(std::string_view data, std::size_t& consumed) {
  using State = BodyReader::State;
  while (body_.state() == State::reading && consumed < data.size()) {
    const auto piece = body_.next(data.substr(consumed));
    consumed += piece.consumed;
    body_size_ += piece.content.size();
    if (body_size_ + body_.certain() > max_body_) {
      reject_large_body();
      return Event::rejected;
    }
    if (!discard_) request_->body.append(piece.content);
  }
  if (body_.state() == State::malformed) {
    body_.is_oversized() ? reject(400, "chunk-head-too-large", "a chunk's extensions or the trailers are too large")
                         : reject(400, "bad-chunk", "the chunked request body is malformed");
    return Event::rejected;
  }
  return body_.state() == State::complete ? Event::complete : Event::need_more;
}

bool RequestParser::reject(int status, std::string_view reason, const char* message) {
  malformation_ = {status, reason, message};
  return false;
}

}  // namespace pgw::http
