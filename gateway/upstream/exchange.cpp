#include "gateway/upstream/exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/secret.h"
#include "gateway/upstream/request_writer.h"
#include "gateway/upstream/response_policy.h"

namespace pgw::upstream {
namespace {

using loop::EventLoop;

/// Up to here a body is copied behind the head, so that both go out with one call.
constexpr std::size_t sent_with_head = std::size_t{64} * 1024;
/// How much of a streamed body waits for the upstream before its source is held up.
constexpr std::size_t upload_at_most = std::size_t{256} * 1024;
/// A streamed body of no more than this is kept until its end, so that the request can be sent again.
constexpr std::size_t upload_kept = std::size_t{64} * 1024;

constexpr int continue_status = 100;

constexpr std::array<std::string_view, 6> idempotent = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};

}  // namespace

void Exchange::begin(OutgoingRequest request, std::shared_ptr<ResponseSink> sink, std::shared_ptr<Connector> connector,
                     Clock::time_point now) {
  request_ = std::move(request);
  sink_ = std::move(sink);
  connector_ = std::move(connector);
  filter_.begin(target().credential);
  deadline_ = now + request_.timeout.value_or(target().timeout);
  state = State::waiting;
  repetitions = 0;
  is_opening = reads_on = is_busy = is_cancelled = false;
  upload_.clear();
  upload_at_ = 0;
  upload_ended_ = is_upload_cut_ = is_holding_up_body_ = false;
  sent_ = 0;
  pending_.clear();
  paused_at_.reset();
  last_byte_at_.reset();
}

void Exchange::clear() {
  request_ = {};
  sink_ = nullptr;
  connection_ = nullptr;
  connector_ = nullptr;
  filter_.begin(nullptr);
  detail.clear();
}

// ---- out ----

void Exchange::attach(std::unique_ptr<Connection> connection, Clock::time_point turn) {
  connection_ = std::move(connection);
  connection_->exchange = this;
  attached_in_turn = turn;
  state = State::attached;
  is_opening = false;
  reader_.begin(request_.method == "HEAD");
  sent_ = 0;
  has_surplus_ = is_head_done_ = wants_write_ = false;
  head_.clear();
  head_at_ = body_at_ = upload_at_ = 0;
  append_head(head_, request_, *connector_->destination());
  if (request_.body.size() <= sent_with_head) {
    head_ += request_.body;
    body_at_ = request_.body.size();
  }
}

std::unique_ptr<Connection> Exchange::detach() {
  if (connection_ != nullptr) connection_->exchange = nullptr;
  return std::move(connection_);
}

Progress Exchange::write() {
  const bool wanted_write = std::exchange(wants_write_, false);
  Progress progress = write_from(head_, head_at_);
  if (head_at_ == head_.size() && !head_.empty()) {
    config::wipe(head_.data(), head_.size());  // the credential stands in it
    head_.clear();
    head_at_ = 0;
  }
  if (progress == Progress::goes_on && !wants_write_) progress = write_from(request_.body, body_at_);
  if (progress == Progress::goes_on && !wants_write_ && upload_at_ < upload_.size()) {
    progress = write_from(upload_, upload_at_);
    note_body_progress();
    forget_sent_body();
  }
  if (wants_write_ != wanted_write) follow_interest();
  return progress;
}

Progress Exchange::write_from(std::string_view bytes, std::size_t& at) {
  while (at < bytes.size()) {
    const auto result = connection_->send(bytes.substr(at));
    if (result.io == Connection::Io::again) {
      wants_write_ = true;
      return Progress::goes_on;
    }
    if (result.io != Connection::Io::done) return Progress::lost;
    at += result.size;
    sent_ += result.size;
  }
  return Progress::goes_on;
}

void Exchange::forget_sent_body() {
  const bool is_much = upload_at_ == upload_.size() || upload_at_ > upload_at_most;
  if (!is_much || upload_.size() <= upload_kept) return;
  upload_.erase(0, upload_at_);
  upload_at_ = 0;
  is_upload_cut_ = true;
}

/// A body that flows is given the time for a whole exchange from piece to piece.
void Exchange::note_body_progress() {
  const auto now = Clock::now();
  deadline_ = now + request_.timeout.value_or(target().timeout);
  if (last_byte_at_) last_byte_at_ = now;
}

void Exchange::follow_interest() {
  if (connection_ == nullptr) return;
  connection_->rewatch((is_paused() ? EventLoop::none : EventLoop::read) |
                       (wants_write_ ? EventLoop::write : EventLoop::none));
}

void Exchange::add_body(std::string_view piece) {
  if (request_.body_length) {
    upload_ += piece;
  } else {
    append_chunk(upload_, piece);
  }
}

bool Exchange::takes_more_body() {
  is_holding_up_body_ = upload_.size() - upload_at_ > upload_at_most;
  return !is_holding_up_body_;
}

void Exchange::tell_writable() {
  if (!is_holding_up_body_ || upload_at_ < upload_.size()) return;
  is_holding_up_body_ = false;
  sink_->on_writable();
}

void Exchange::end_body() {
  if (!request_.body_length) upload_ += last_chunk;
  upload_ended_ = true;
  note_body_progress();
}

bool Exchange::is_written() const {
  const bool is_all_sent = head_.empty() && body_at_ == request_.body.size() && upload_at_ == upload_.size();
  return is_all_sent && (!request_.streamed || upload_ended_);
}

bool Exchange::awaits_body() const {
  return request_.streamed && !upload_ended_ && state == State::attached && upload_at_ == upload_.size();
}

// ---- in ----

Progress Exchange::read(std::span<char> buffer, Clock::time_point now) {
  const bool is_told_again = !connection_->destination()->is_tls();
  has_more_ = false;
  for (std::size_t taken = 0; taken < buffer.size();) {
    const auto result = connection_->receive(buffer);
    if (result.io == Connection::Io::again) return Progress::goes_on;
    if (result.io != Connection::Io::done) return connection_ended(result.io);
    if (last_byte_at_) last_byte_at_ = now;
    const Progress progress = consume({buffer.data(), result.size});
    if (progress != Progress::goes_on || is_paused() || is_cancelled) return progress;
    if (is_told_again) return progress;
    taken += result.size;
  }
  has_more_ = true;
  return Progress::goes_on;
}

Progress Exchange::consume(std::string_view bytes) {
  using Event = ResponseReader::Event;
  while (!is_cancelled) {
    if (is_paused()) {
      pending_.append(bytes);
      return Progress::goes_on;
    }
    switch (reader_.next(bytes)) {
      case Event::more:
        return Progress::goes_on;
      case Event::interim:
        if (reader_.status() == continue_status) break;
        keep_end_to_end(reader_.fields(), target().credential.get());
        sink_->on_interim(reader_.status(), reader_.fields());
        break;
      case Event::head:
        if (take_head() == Progress::failed) return Progress::failed;
        break;
      case Event::content:
        deliver(filter_.pass(reader_.content(), reader_.is_whole()));
        break;
      case Event::end:
        has_surplus_ = !bytes.empty();
        deliver(filter_.finish());
        return Progress::complete;
      case Event::malformed:
        return fail(Failure::protocol_error, "the response is malformed");
      case Event::oversized:
        return fail(Failure::response_header_section_size, "the response's head is too large");
    }
  }
  return Progress::goes_on;
}

Progress Exchange::take_head() {
  is_head_done_ = true;
  const int status = reader_.status();
  if (http::has_content(request_.method == "HEAD", status) && is_compressed(reader_.fields())) {
    return fail(Failure::protocol_error, "the response is compressed although identity was asked for");
  }
  keep_end_to_end(reader_.fields(), target().credential.get());
  sink_->on_head(status, std::move(reader_.fields()));
  return Progress::goes_on;
}

void Exchange::deliver(std::string_view piece) {
  if (piece.empty() || is_cancelled || sink_->on_body(piece)) return;
  paused_at_ = Clock::now();
  follow_interest();
}

Progress Exchange::connection_ended(Connection::Io io) {
  if (!reader_.has_begun()) return Progress::lost;
  if (io == Connection::Io::closed && reader_.may_end_here()) {
    deliver(filter_.finish());
    return Progress::complete;
  }
  return fail(Failure::response_incomplete, "the connection ended in the middle of the response");
}

Progress Exchange::fail(Failure why, std::string_view what) {
  failure = why;
  detail = connector_->destination()->told();
  detail.append(": ").append(what);
  return Progress::failed;
}

void Exchange::unpause(Clock::time_point now) {
  const auto pause = now - *paused_at_;
  paused_at_.reset();
  deadline_ += pause;
  if (last_byte_at_) last_byte_at_ = now;
  follow_interest();
}

Progress Exchange::deliver_pending() {
  const std::string bytes = std::exchange(pending_, {});
  return consume(bytes);
}

bool Exchange::leaves_connection_usable() const {
  return reader_.may_persist() && !has_surplus_ && is_written();
}

// ---- again ----

bool Exchange::is_idempotent() const {
  return std::ranges::find(idempotent, request_.method) != idempotent.end();
}

bool Exchange::may_repeat() const {
  if (!request_.repeatable || repetitions >= target().retries) return false;
  return is_untouched() || survives_loss();
}

// ---- time ----

Exchange::Clock::time_point Exchange::deadline() const {
  if (awaits_body()) return Clock::now() + request_.timeout.value_or(target().timeout);
  return last_byte_at_ ? *last_byte_at_ + target().stream_idle_timeout : deadline_;
}

void Exchange::bound_by_idle_time(Clock::time_point now) {
  if (!last_byte_at_) last_byte_at_ = now;
}

}  // namespace pgw::upstream
