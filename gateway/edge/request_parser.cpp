// Boost 1.74's parser asserts that a last chunk arrives in five or more bytes, which a peer decides; where assertions
// are on, that would hand every client an abort. What follows the assertion handles fewer bytes correctly (the tests
// split bodies at every byte), so assertions are off in this file.
#define BOOST_DISABLE_ASSERTS

#include "gateway/edge/request_parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>

#include "gateway/edge/request_target.h"

namespace pgw::edge {
namespace {

namespace beast = boost::beast;
using beast::error_code;

constexpr std::string_view crlf = "\r\n";

// A chunk's line with its extensions, and a trailer section, must fit into this (RFC 9112 section 7.1.1 asks for a
// bound).
constexpr std::size_t max_chunk_head = 4096;

constexpr std::array<std::string_view, 8> known_methods = {"GET",   "HEAD",   "POST",    "PUT",
                                                           "PATCH", "DELETE", "OPTIONS", "TRACE"};

bool is_known_method(std::string_view method) {
  return std::find(known_methods.begin(), known_methods.end(), method) != known_methods.end();
}

bool is_version(std::string_view text) {
  return text.size() == 8 && text.substr(0, 5) == "HTTP/" && text[5] >= '0' && text[5] <= '9' && text[6] == '.' &&
         text[7] >= '0' && text[7] <= '9';
}

bool has_bare_lf(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

// The codings of all Transfer-Encoding fields, in order; empty list elements count for nothing (RFC 9110
// section 5.6.1).
std::vector<std::string_view> transfer_codings(const http::Fields& fields) {
  std::vector<std::string_view> codings;
  for (const std::string_view value : fields.all("transfer-encoding")) {
    http::for_each_element(value, [&](std::string_view coding) { codings.push_back(coding); });
  }
  return codings;
}

}  // namespace

// The glue to Beast: the content that it finds goes into the request.
class RequestParser::Beast : public beast::http::basic_parser<true> {
 public:
  Beast(http::Request& request, const bool& discard) : request_(request), discard_(discard) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScanner keeps the limit
    body_limit(
        std::numeric_limits<std::uint64_t>::max());  // `check_framing` does; boost::none refuses every length in 1.74
  }

 private:
  // Request line and fields are taken by hand. Trailers are dropped: RFC 9110 section 6.5.1 forbids to merge them into
  // the header section unasked.
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {}

  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  void on_field_impl(beast::http::field, beast::string_view, beast::string_view, error_code&) override {}

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(beast::string_view body, error_code&) override {
    if (!discard_) request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, beast::string_view extensions, error_code& error) override {
    const auto is_control = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; };
    if (std::any_of(extensions.begin(), extensions.end(), is_control)) {
      error = beast::http::error::bad_chunk_extension;  // Beast takes anything, a bare LF included, between quotes
    }
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    if (!discard_) request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_finish_impl(error_code&) override {}

  http::Request& request_;
  const bool& discard_;
};

RequestParser::RequestParser() = default;
RequestParser::~RequestParser() = default;

void RequestParser::begin(http::Request& request, const Limits& limits) {
  scanner_.reset();
  beast_.reset();
  request_ = &request;
  limits_ = &limits;
  head_done_ = has_body_ = keep_alive_ = expects_continue_ = discard_ = false;
}

std::optional<std::uint64_t> RequestParser::body_remaining() const {
  if (!has_body_) return 0;
  const auto remaining = beast_->content_length_remaining();
  return remaining ? std::optional<std::uint64_t>(*remaining) : std::nullopt;
}

RequestParser::Event RequestParser::feed(std::string_view data, std::size_t& consumed) {
  consumed = 0;
  return head_done_ ? feed_body(data, consumed) : feed_head(data, consumed);
}

RequestParser::Event RequestParser::feed_head(std::string_view data, std::size_t& consumed) {
  switch (scanner_.scan(data, *limits_)) {
    case HeadScanner::State::incomplete:
      return Event::need_more;
    case HeadScanner::State::refused:
      rejection_ = scanner_.rejection();
      return Event::rejected;
    case HeadScanner::State::complete:
      break;
  }
  const std::string_view head = data.substr(0, scanner_.size());
  const std::string_view request_line = head.substr(0, scanner_.request_line_size());
  const std::string_view field_lines = head.substr(request_line.size() + crlf.size());
  if (!check_request_line(request_line) || !take_fields(field_lines) || !check_host()) return Event::rejected;
  if (announces_body() && !begin_body(head)) return Event::rejected;
  if (!check_expectation()) return Event::rejected;

  consumed = head.size();
  head_done_ = true;
  has_body_ = beast_ && !beast_->is_done();
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
  if (!has_three_parts || !http::is_token(method) || !is_version(line.substr(last + 1))) {
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

// field-name ":" OWS field-value OWS (RFC 9112 section 5), line by line up to the empty one. The scanner has seen to
// the lines' ends and to what characters a value may have.
bool RequestParser::take_fields(std::string_view lines) {
  while (lines.size() > crlf.size()) {
    const auto line = lines.substr(0, lines.find('\r'));
    lines.remove_prefix(line.size() + crlf.size());
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !http::is_token(line.substr(0, colon))) {
      return reject(400, "bad-field", "a header field line is malformed");
    }
    request_->fields.add(line.substr(0, colon), http::trim(line.substr(colon + 1)));
  }
  return true;
}

bool RequestParser::announces_body() const {
  return request_->fields.contains("content-length") || request_->fields.contains("transfer-encoding");
}

bool RequestParser::begin_body(std::string_view head) {
  beast_ = std::make_unique<Beast>(*request_, discard_);
  error_code error;
  beast_->put({head.data(), head.size()}, error);
  // A second Content-Length is an error of its own in newer releases of Beast, and has no name in older ones.
  const bool has_two_lengths = error && request_->fields.count("content-length") > 1;
  if (error == beast::http::error::bad_content_length || has_two_lengths) {
    return reject(400, "bad-content-length", "Content-Length is malformed, repeated or beside Transfer-Encoding");
  }
  if (error == beast::http::error::bad_transfer_encoding) {
    return reject(400, "bad-transfer-encoding", "Transfer-Encoding is repeated or beside Content-Length");
  }
  if (error || !beast_->is_header_done()) return reject(400, "bad-field", "a header field line is malformed");
  if (!check_framing()) return false;
  beast_->eager(true);
  beast_->body_limit(limits_->max_body);
  return true;
}

// RFC 9112 section 9.3: whether the connection persists, as far as the client says.
bool RequestParser::wants_to_stay() const {
  const bool stays_by_default = request_->version_minor > 0;
  if (!request_->fields.contains("connection")) return stays_by_default;
  const std::string options = http::connection_options(request_->fields);
  if (http::list_contains(options, "close")) return false;
  return stays_by_default || http::list_contains(options, "keep-alive");
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

// RFC 9112 sections 6.1 to 6.3, and stricter than Beast: one Content-Length of digits alone, or exactly one "chunked".
bool RequestParser::check_framing() {
  const http::Fields& fields = request_->fields;
  const std::string* length = fields.find("content-length");
  if (length != nullptr) {
    if (fields.count("content-length") > 1 || length->find_first_not_of("0123456789") != std::string::npos) {
      return reject(400, "bad-content-length", "Content-Length is malformed or repeated");
    }
    if (beast_->content_length().value_or(0) > limits_->max_body) {
      return reject(413, "body-too-large", "the request body is too large");
    }
  }
  if (!fields.contains("transfer-encoding")) return true;
  if (length != nullptr) {
    return reject(400, "bad-transfer-encoding", "Transfer-Encoding stands beside Content-Length");
  }
  if (request_->version_minor == 0) {
    return reject(400, "bad-transfer-encoding", "HTTP/1.0 has no Transfer-Encoding");
  }
  const auto codings = transfer_codings(fields);
  const auto is_chunked = [](std::string_view coding) { return http::iequals(coding, "chunked"); };
  if (codings.empty() || !is_chunked(codings.back()) || std::count_if(codings.begin(), codings.end(), is_chunked) > 1) {
    return reject(400, "bad-transfer-encoding", "the last and only the last transfer coding must be chunked");
  }
  if (codings.size() > 1) {
    return reject(501, "unknown-transfer-coding", "no transfer coding but chunked is implemented");
  }
  if (!beast_->chunked()) return reject(400, "bad-transfer-encoding", "Transfer-Encoding is malformed");
  return true;
}

bool RequestParser::check_expectation() {
  if (request_->version_minor == 0) return true;  // RFC 9110 section 10.1.1: an HTTP/1.0 expectation is ignored
  for (const std::string_view expectation : request_->fields.all("expect")) {
    if (!http::iequals(expectation, "100-continue")) {
      return reject(417, "unknown-expectation", "no expectation but 100-continue can be met");
    }
    expects_continue_ = true;
  }
  return true;
}

RequestParser::Event RequestParser::feed_body(std::string_view data, std::size_t& consumed) {
  if (beast_->is_done()) return Event::complete;
  error_code error;
  consumed = beast_->put({data.data(), data.size()}, error);
  if (error == beast::http::error::body_limit) {
    reject(413, "body-too-large", "the request body is too large");
    return Event::rejected;
  }
  if (error && error != beast::http::error::need_more) {
    reject(400, "bad-chunk", "the chunked request body is malformed");
    return Event::rejected;
  }
  if (beast_->is_done()) return Event::complete;
  // Beast waits for CRLF however many bare LFs come (RFC 9112 section 7.1: chunk lines end in CRLF).
  if (has_bare_lf(data.substr(consumed))) {
    reject(400, "bad-chunk", "a chunk's line ends in LF without CR");
    return Event::rejected;
  }
  if (data.size() - consumed > max_chunk_head) {
    reject(400, "chunk-head-too-large", "a chunk's extensions or the trailers are too large");
    return Event::rejected;
  }
  return Event::need_more;
}

bool RequestParser::reject(int status, std::string_view reason, const char* message) {
  rejection_ = {status, reason, message};
  return false;
}

}  // namespace pgw::edge
