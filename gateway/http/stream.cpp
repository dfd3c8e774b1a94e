#include "gateway/http/stream.h"

#include <utility>

#include "gateway/http/connection.h"
#include "gateway/http/response_head.h"

namespace pgw::http {

void Stream::limit_body(std::uint64_t bytes) {
  if (connection_ != nullptr) connection_->limit_body(bytes);
}

void Stream::take_body(std::shared_ptr<BodySink> sink) {
  body_sink_ = std::move(sink);
}

void Stream::resume_body() {
  if (connection_ != nullptr) connection_->resume_body();
}

void Stream::respond(const ResponseHead& head, Content content) {
  std::optional<std::uint64_t> length = content.bytes.size();
  if (head.status < 200 || head.status == 204 || (head.status == 304 && content.owner == nullptr)) length.reset();
  if (!has_content(request_.is_head(), head.status)) content = nullptr;
  answer(head, length, std::move(content));
}

void Stream::respond(const ResponseHead& head, std::optional<std::uint64_t> content_length_without_body) {
  if (has_content(request_.is_head(), head.status)) content_length_without_body = 0;
  if (head.status < 200 || head.status == 204) content_length_without_body.reset();
  answer(head, content_length_without_body, nullptr);
}

void Stream::interim(const ResponseHead& head) {
  const bool is_understood = phase_ == Phase::open && request_.version_minor > 0;
  if (is_understood && connection_ != nullptr) connection_->send_interim(head);
}

void Stream::answer(const ResponseHead& head, std::optional<std::uint64_t> content_length, Content content) {
  if (phase_ != Phase::open) return;
  phase_ = Phase::done;
  status_ = head.status;
  if (connection_ != nullptr) connection_->respond(head, {false, content_length}, std::move(content));
}

void Stream::begin(const ResponseHead& head, std::optional<std::uint64_t> content_length) {
  if (phase_ != Phase::open) return;
  phase_ = Phase::streaming;
  status_ = head.status;
  has_content_ = has_content(request_.is_head(), head.status);
  content_left_ = has_content_ ? content_length : std::nullopt;
  chunked_ = has_content_ && !content_length && request_.version_minor > 0;
  if (head.status < 200 || head.status == 204) content_length.reset();
  if (connection_ != nullptr) connection_->begin_stream(head, {chunked_, content_length});
}

bool Stream::write(std::string_view piece) {
  if (phase_ != Phase::streaming || connection_ == nullptr || !has_content_ || piece.empty()) return true;
  if (content_left_) {
    if (piece.size() > *content_left_) {
      abort();
      return true;
    }
    *content_left_ -= piece.size();
  }
  return connection_->write_stream(piece, chunked_);
}

void Stream::end() {
  if (phase_ != Phase::streaming) return;
  if (content_left_.value_or(0) > 0) {
    abort();
    return;
  }
  phase_ = Phase::done;
  if (connection_ != nullptr) connection_->end_stream(chunked_);
}

void Stream::abort() {
  const bool has_begun = std::exchange(phase_, Phase::aborted) == Phase::streaming;
  if (connection_ == nullptr) return;
  has_begun ? connection_->abort() : connection_->give_way();
}

void Stream::open(Connection& connection, Clock::time_point first_byte_at) {
  request_.clear();
  connection_ = &connection;
  first_byte_at_ = first_byte_at;
  phase_ = Phase::open;
  client_gone_ = false;
  content_left_.reset();
  status_ = 0;
  bytes_sent_ = 0;
}

void Stream::notify_drained() {
  if (!on_drained_) return;
  auto callback = std::exchange(on_drained_, nullptr);  // it may set another
  callback();
  if (!on_drained_) on_drained_ = std::move(callback);
}

void Stream::detach(bool client_gone) {
  connection_ = nullptr;
  client_gone_ = client_gone;
}

void Stream::notify_disconnect() {
  if (on_disconnect_) on_disconnect_();
}

void Stream::release() {
  on_drained_ = nullptr;
  on_disconnect_ = nullptr;
  body_sink_.reset();
  attachment_.reset();
}

}  // namespace pgw::http
