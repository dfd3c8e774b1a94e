#include "gateway/upstream/call.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pgw::upstream {
namespace {

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
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

void Call::prepare(Handle handle, Clock::time_point now) {
  handle_ = std::move(handle);
  ++attempts_;
  status_ = 0;
  fields_.clear();
  connection_.clear();
  head_done_ = paused_ = false;

  curl_easy_setopt(easy(), CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy(), CURLOPT_PREREQFUNCTION, &Call::on_about_to_send);
  curl_easy_setopt(easy(), CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy(), CURLOPT_REQUEST_TARGET, (destination_->base_path() + request_.path_and_query).c_str());
  curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, &Call::on_header_line);
  curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, &Call::on_body_piece);
  curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - now).count();
  curl_easy_setopt(easy(), CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<decltype(left)>(left, 1)));
  set_method_and_body();
  set_fields();
}

void Call::set_method_and_body() {
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

bool Call::is_sent_as_post() const {
  return !request_.body.empty() || request_.method == "POST";
}

void Call::set_fields() {
  FieldLines& lines = handle_.lines;
  lines.clear();
  bool has_accept = false;
  bool has_content_type = false;
  for (const auto& field : request_.fields) {
    lines.add(field.name, field.value);
    has_accept = has_accept || http::iequals(field.name, "accept");
    has_content_type = has_content_type || http::iequals(field.name, "content-type");
  }
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
  static_cast<Call*>(self)->take_header_line({data, size});
  return size;
}

void Call::take_header_line(std::string_view line) {
  if (head_done_) return;  // trailer fields: RFC 9110 section 6.5.1 lets an intermediary drop them
  if (line.starts_with("HTTP/")) {
    status_ = 0;
    fields_.clear();
    connection_.clear();
    const auto space = line.find(' ');
    if (space != std::string_view::npos && line.size() >= space + 4) {
      std::from_chars(line.data() + space + 1, line.data() + space + 4, status_);
    }
    return;
  }
  const std::string_view content = trim(line);
  if (content.empty()) {
    if (status_ >= 200) {
      finish_head();
    } else {
      finish_interim();
    }
    return;
  }
  const auto colon = content.find(':');
  if (colon == std::string_view::npos) return;
  const auto name = trim(content.substr(0, colon));
  const auto value = trim(content.substr(colon + 1));
  if (http::iequals(name, "connection")) {
    if (!connection_.empty()) connection_ += ',';
    connection_ += value;
  } else if (!http::is_hop_by_hop(name, {})) {
    fields_.add(name, value);
  }
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
  return credential != nullptr && (http::iequals(field.name, credential->header()) ||
                                   credential->occurs_in(field.value) || credential->occurs_in(field.name));
}

std::size_t Call::on_body_piece(char* data, std::size_t, std::size_t size, void* self) {
  auto& call = *static_cast<Call*>(self);
  if (call.sink_ == nullptr) return 0;
  if (call.paused_) return CURL_WRITEFUNC_PAUSE;
  call.deliver(call.filter_.pass({data, size}));
  return size;
}

void Call::deliver(std::string_view piece) {
  if (!piece.empty() && sink_ != nullptr && !sink_->on_body(piece)) paused_ = true;
}

void Call::resume() {
  if (!paused_) return;
  paused_ = false;
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

void Call::fail(Failure failure) {
  if (sink_ != nullptr) sink_->on_failure(failure);
}

Failure Call::failure_of(CURLcode result) const {
  if (head_done_ && result != CURLE_OPERATION_TIMEDOUT) return Failure::response_incomplete;
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Failure::dns_error;
    case CURLE_COULDNT_CONNECT:
      return Failure::connection_refused;
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t ready_to_send = 0;
      curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &ready_to_send);
      return ready_to_send == 0 ? Failure::connection_timeout : Failure::response_timeout;
    }
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
