#include "gateway/upstream/call.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/list.h"
#include "base/text.h"
#include "base/token.h"

namespace pgw::upstream {
namespace {

/// Of a message whose body the upstream compressed although it was asked not to: nobody could look for the credential
/// in it, or compare it with the contract.
constexpr std::string_view compressions[] = {"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"};

/// What some servers say because we ask for it; as a content coding it says nothing.
bool is_no_coding(std::string_view name, std::string_view value) {
  return base::iequals(name, "content-encoding") && (value.empty() || base::iequals(value, "identity"));
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Call::Call(std::uint64_t id, OutgoingRequest request, std::shared_ptr<ResponseSink> sink,
           std::shared_ptr<const Destination> destination, Clock::time_point now)
    : id_(id),
      request_(std::move(request)),
      sink_(std::move(sink)),
      destination_(std::move(destination)),
      deadline_(now + destination_->target().timeout),
      filter_(destination_->target().credential) {}

void Call::prepare(Handle handle) {
  handle_ = std::move(handle);
  ++attempts_;
  status_ = 0;
  fields_.clear();
  connection_.clear();
  has_transfer_coding_ = head_done_ = false;

  curl_easy_setopt(easy(), CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy(), CURLOPT_PREREQFUNCTION, &Call::on_about_to_send);
  curl_easy_setopt(easy(), CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy(), CURLOPT_REQUEST_TARGET, (destination_->base_path() + request_.path_and_query).c_str());
  curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, &Call::on_header_line);
  curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, &Call::on_body_piece);
  curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this);
  set_method_and_body();
  set_fields();
}

void Call::set_method_and_body() {
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy(), CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, nullptr);
    return;
  }
  curl_easy_setopt(easy(), CURLOPT_NOBODY, 0L);
  if (is_sent_as_post()) {
    // Not copied; up to 64 KiB of it go out with the head by one call.
    curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, request_.body.c_str());
  } else {
    curl_easy_setopt(easy(), CURLOPT_HTTPGET, 1L);
  }
  const bool is_implied = request_.method == (is_sent_as_post() ? "POST" : "GET");
  curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, is_implied ? nullptr : request_.method.c_str());
}

/// With a length, that is, even of nothing: RFC 9110 section 8.6.
bool Call::is_sent_as_post() const {
  return !request_.body.empty() || request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH";
}

void Call::set_fields() {
  FieldLines& lines = handle_.lines;
  lines.clear();
  bool has_accept = false;
  bool has_content_type = false;
  for (const auto& field : request_.fields) {
    lines.add(field.name, field.value);
    has_accept = has_accept || base::iequals(field.name, "accept");
    has_content_type = has_content_type || base::iequals(field.name, "content-type");
  }
  lines.add("Accept-Encoding", "identity");
  if (!has_accept) lines.suppress("Accept");
  if (is_sent_as_post()) {
    lines.suppress("Expect");
    if (!has_content_type) lines.suppress("Content-Type");
  }
  const auto& credential = destination_->target().credential;
  if (credential != nullptr) lines.add_line(credential->field_line());
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, lines.list());
}

Handle Call::release() {
  if (handle_) curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, nullptr);
  return std::move(handle_);
}

int Call::on_about_to_send(void* self, char*, char*, int, int) {
  auto& call = *static_cast<Call*>(self);
  const bool again = std::exchange(call.has_been_sent_, true);
  return again && !call.request_.repeatable ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t Call::on_header_line(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<Call*>(self)->take_header_line({data, size}) ? size : 0;
}

// What libcurl lets through and nobody should pass on makes the whole response a protocol error: folded lines (RFC 9112
// section 5.2), names that are no tokens or have a space behind them (section 5.1: libcurl frames by other rules), a CR
// inside of a line (section 2.2), contradicting lengths (section 6.3).
bool Call::take_header_line(std::string_view line) {
  if (head_done_) return true;  // trailer fields: RFC 9110 section 6.5.1 lets an intermediary drop them
  if (line.starts_with("HTTP/")) return take_status_line(line);
  line = without_line_end(line);
  if (line.empty()) return end_head();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') return false;
  return take_field(line.substr(0, colon), base::trim(line.substr(colon + 1)));
}

bool Call::take_status_line(std::string_view line) {
  status_ = 0;
  fields_.clear();
  connection_.clear();
  has_transfer_coding_ = false;
  const auto space = line.find(' ');
  if (space != std::string_view::npos && line.size() >= space + 4) {
    std::from_chars(line.data() + space + 1, line.data() + space + 4, status_);
  }
  return true;
}

bool Call::take_field(std::string_view name, std::string_view value) {
  if (!base::is_token(name) || value.find('\r') != std::string_view::npos) return false;
  if (base::iequals(name, "connection")) {
    if (!connection_.empty()) connection_ += ',';
    connection_ += value;
  } else if (base::iequals(name, "transfer-encoding")) {
    has_transfer_coding_ = true;
  } else if (base::iequals(name, "content-length") && !is_acceptable_length(value)) {
    return false;
  } else if (!http::is_hop_by_hop(name, {}) && !is_no_coding(name, value)) {
    fields_.add(name, value);
  }
  return true;
}

bool Call::is_acceptable_length(std::string_view value) const {
  const std::string* const other = fields_.find("content-length");
  return !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }) &&
         (other == nullptr || *other == value);
}

bool Call::end_head() {
  if (status_ < 200) {
    finish_interim();
    return true;
  }
  // It is the transfer coding that frames the message (RFC 9112 section 6.3).
  if (has_transfer_coding_) fields_.erase("content-length");
  if (is_compressed()) return false;
  finish_head();
  return true;
}

bool Call::is_compressed() const {
  if (!http::has_content(request_.method == "HEAD", status_)) return false;
  return std::ranges::any_of(fields_, [](const http::Field& field) {
    return base::iequals(field.name, "content-encoding") &&
           std::ranges::any_of(compressions, [&](auto coding) { return base::list_contains(field.value, coding); });
  });
}

void Call::finish_interim() {
  const bool is_for_this_connection = status_ <= 101;
  if (!is_for_this_connection && sink_ != nullptr) sink_->on_interim(status_, take_end_to_end_fields());
}

void Call::finish_head() {
  head_done_ = true;
  if (sink_ != nullptr) sink_->on_head(status_, take_end_to_end_fields());
}

http::Fields Call::take_end_to_end_fields() {
  // Almost always all of them go on.
  if (std::ranges::all_of(fields_, [this](const http::Field& field) { return goes_on(field); })) {
    return std::move(fields_);
  }
  http::Fields kept;
  for (const auto& field : fields_) {
    if (goes_on(field)) kept.add(field.name, field.value);
  }
  return kept;
}

bool Call::goes_on(const http::Field& field) const {
  const bool speaks_of_connection = !connection_.empty() && http::is_hop_by_hop(field.name, connection_);
  return !speaks_of_connection && !gives_credential_away(field);
}

bool Call::gives_credential_away(const http::Field& field) const {
  const auto& credential = destination_->target().credential;
  return credential != nullptr && (base::iequals(field.name, credential->header()) ||
                                   credential->occurs_in(field.value) || credential->occurs_in(field.name));
}

std::size_t Call::on_body_piece(char* data, std::size_t, std::size_t size, void* self) {
  auto& call = *static_cast<Call*>(self);
  if (call.sink_ == nullptr || !call.head_done_) return 0;
  if (call.is_paused()) return CURL_WRITEFUNC_PAUSE;
  call.deliver(call.filter_.pass({data, size}));
  return size;
}

void Call::deliver(std::string_view piece) {
  if (!piece.empty() && sink_ != nullptr && !sink_->on_body(piece)) paused_at_ = Clock::now();
}

void Call::resume() {
  if (!is_paused()) return;
  deadline_ += Clock::now() - *paused_at_;
  paused_at_.reset();
  curl_easy_pause(easy(), CURLPAUSE_CONT);
}

bool Call::wants_retry(CURLcode result) const {
  return sink_ != nullptr && result != CURLE_OK && !head_done_ && request_.repeatable &&
         attempts_ <= destination_->target().retries && worth_a_retry(failure_of(result));
}

void Call::finish(CURLcode result) {
  if (result != CURLE_OK || !head_done_) {
    fail(result == CURLE_OK ? Failure::protocol_error : failure_of(result));
    return;
  }
  deliver(filter_.finish());
  if (sink_ != nullptr) sink_->on_end();
}

void Call::time_out() {
  fail(waits_for_connection() ? Failure::connection_limit_reached : failure_of(CURLE_OPERATION_TIMEDOUT));
}

// Connecting has a limit of its own, which libcurl keeps: what never came to send its request waited for a place.
bool Call::waits_for_connection() const {
  const auto& target = destination_->target();
  return easy() != nullptr && !is_ready_to_send() && target.connect_timeout < target.timeout;
}

bool Call::is_ready_to_send() const {
  curl_off_t since_start = 0;
  if (easy() != nullptr) curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &since_start);
  return since_start != 0;
}

void Call::fail(Failure failure) {
  if (sink_ != nullptr) sink_->on_failure(failure, {});
}

Failure Call::failure_of(CURLcode result) const {
  if (head_done_ && result != CURLE_OPERATION_TIMEDOUT) return Failure::response_incomplete;
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Failure::dns_error;
    case CURLE_COULDNT_CONNECT:
      return Failure::connection_refused;
    case CURLE_OPERATION_TIMEDOUT:
      return is_ready_to_send() ? Failure::response_timeout : Failure::connection_timeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return Failure::tls_certificate_error;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      return Failure::tls_protocol_error;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
      return Failure::connection_terminated;
    case CURLE_PARTIAL_FILE:
      return Failure::response_incomplete;
    case CURLE_WRITE_ERROR:  // what it sent was refused
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return Failure::protocol_error;
    default:
      return Failure::internal_error;
  }
}

}  // namespace pgw::upstream
