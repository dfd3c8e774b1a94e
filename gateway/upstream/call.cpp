#include "gateway/upstream/call.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace pgw::upstream {
namespace {

constexpr long receive_buffer_bytes = 64L * 1024;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void append(FieldList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  if (list == nullptr) list.reset(longer);
}

/// libcurl drops "Name:" as a request to remove a field; "Name;" sends it empty.
std::string line_of(const http::Field& field) {
  return field.value.empty() ? field.name + ";" : field.name + ": " + field.value;
}

}  // namespace

Easy make_easy(const Target& target) {
  Easy easy(curl_easy_init());
  if (!easy) return easy;
  CURL* handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_PIPEWAIT, 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!target.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, target.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(target.connect_timeout.count()));
  return easy;
}

Call::Call(std::uint64_t id, OutgoingRequest request, std::shared_ptr<ResponseSink> sink,
           std::shared_ptr<const Target> target, Clock::time_point now)
    : id_(id),
      request_(std::move(request)),
      sink_(std::move(sink)),
      target_(std::move(target)),
      deadline_(now + target_->timeout),
      filter_(target_->credential) {}

void Call::prepare(Easy easy, Clock::time_point now) {
  easy_ = std::move(easy);
  ++attempts_;
  body_sent_ = 0;
  status_ = 0;
  fields_.clear();
  head_done_ = paused_ = false;

  CURL* handle = easy_.get();
  curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
  curl_easy_setopt(handle, CURLOPT_URL, (target_->base_url + request_.path_and_query).c_str());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Call::on_header_line);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Call::on_body_piece);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - now).count();
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<decltype(left)>(left, 1)));
  set_method_and_body();
  set_fields();
}

void Call::set_method_and_body() {
  CURL* handle = easy_.get();
  const bool has_body = !request_.body.empty();
  const bool is_post = request_.method == "POST";
  curl_easy_setopt(handle, CURLOPT_NOBODY, 0L);
  if (has_body || is_post) {
    // A read callback rather than CURLOPT_POSTFIELDS: libcurl can't rewind it, hence never sends a body twice.
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Call::on_body_wanted);
    curl_easy_setopt(handle, CURLOPT_READDATA, this);
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  const bool nothing_to_rewind = !has_body && !request_.repeatable;
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, nothing_to_rewind ? 1L : 0L);
}

void Call::set_fields() {
  field_list_.reset();
  bool has_accept = false;
  bool has_content_type = false;
  for (const auto& field : request_.fields) {
    append(field_list_, line_of(field));
    has_accept = has_accept || http::iequals(field.name, "accept");
    has_content_type = has_content_type || http::iequals(field.name, "content-type");
  }
  append(field_list_, "Expect:");
  if (!has_accept) append(field_list_, "Accept:");
  if (!has_content_type) append(field_list_, "Content-Type:");
  if (target_->credential != nullptr) append(field_list_, target_->credential->field_line());
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, field_list_.get());
}

Easy Call::release() {
  if (easy_) curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
  field_list_.reset();
  return std::move(easy_);
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
  fields_.add(trim(content.substr(0, colon)), trim(content.substr(colon + 1)));
}

void Call::finish_interim() {
  const bool is_for_this_connection = status_ <= 101;
  if (!is_for_this_connection && sink_ != nullptr) sink_->on_interim(status_, end_to_end_fields());
}

void Call::finish_head() {
  head_done_ = true;
  if (sink_ != nullptr) sink_->on_head(status_, end_to_end_fields());
}

http::Fields Call::end_to_end_fields() const {
  http::Fields kept;
  const std::string connection = http::connection_options(fields_);
  for (const auto& field : fields_) {
    if (http::is_hop_by_hop(field.name, connection)) continue;
    if (!gives_credential_away(field)) kept.add(field.name, field.value);
  }
  return kept;
}

bool Call::gives_credential_away(const http::Field& field) const {
  const auto& credential = target_->credential;
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

std::size_t Call::on_body_wanted(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& call = *static_cast<Call*>(self);
  const std::size_t piece = std::min(size * count, call.request_.body.size() - call.body_sent_);
  call.request_.body.copy(buffer, piece, call.body_sent_);
  call.body_sent_ += piece;
  return piece;
}

void Call::resume() {
  if (!paused_) return;
  paused_ = false;
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

bool Call::wants_retry(CURLcode result) const {
  return sink_ != nullptr && result != CURLE_OK && !head_done_ && request_.repeatable &&
         attempts_ <= target_->retries && worth_a_retry(failure_of(result));
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
      curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &ready_to_send);
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
    case CURLE_SEND_FAIL_REWIND:
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
