#include "gateway/http/connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include "gateway/http/proxy_header.h"
#include "gateway/http/server_connections.h"

namespace pgw::http {
namespace {

using namespace std::chrono_literals;

// Input kept while a request is being answered; beyond it reading pauses. One read may overshoot.
constexpr std::size_t read_ahead = 16UL * 1024;

// The rest of an unwanted body that is worth reading to keep the connection.
constexpr std::size_t worth_discarding = 64UL * 1024;

// A streamed piece up to this size is copied and leaves with the others of the turn, a larger one is sent from where it
// is.
constexpr std::size_t worth_copying = 16UL * 1024;

// How long, and for how many bytes, a closed connection is read so that no RST overtakes the response: enough for the
// client that sends a large body whole before it looks for an answer.
constexpr auto linger_time = 2s;
constexpr std::size_t linger_bytes = 64UL * 1024 * 1024;

constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

int interest_of(Transport::Status status) {
  switch (status) {
    case Transport::Status::want_read:
      return loop::EventLoop::read;
    case Transport::Status::want_write:
      return loop::EventLoop::write;
    default:
      return loop::EventLoop::none;
  }
}

}  // namespace

Connection::Connection(ServerConnections& server, std::unique_ptr<Transport> transport, std::string peer,
                       bool is_trusted)
    : server_(server),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      is_trusted_(is_trusted),
      state_(is_trusted ? State::preface : State::head),
      state_since_(server.loop().turn_began()) {
  update_deadline();
}

Connection::~Connection() {
  server_.loop().cancel(timer_);
}

// ---- what the loop tells ----

void Connection::on_ready(int ready) {
  if (dead_) return;
  if ((ready & loop::EventLoop::hung_up) != 0) lost_ = true;
  if ((ready & interest_of(outbox_.waits_for())) != 0) outbox_.unblock();
  // No flag at all is an error of the socket: reading tells which.
  if (!lost_ && (ready == 0 || (ready & read_interest_) != 0)) read();
  advance();
}

void Connection::drain() {
  const bool is_between_requests = (state_ == State::preface || state_ == State::head) && !stream_;
  if (is_between_requests && input().empty()) lost_ = true;
  advance();
}

std::optional<Connection::Clock::time_point> Connection::idle_since() const {
  switch (state_) {
    case State::preface:
    case State::head:
      return stream_ ? stream_->first_byte_at() : state_since_;
    case State::lingering:
      return state_since_;
    default:
      return std::nullopt;
  }
}

void Connection::give_way() {
  lost_ = true;
  wake();
}

void Connection::advance() {
  queued_ = false;
  if (dead_) return;
  advancing_ = true;
  do {
    again_ = false;
    flush();
    if (lost_) break;
    notify_drained();
    if (answer_is_sent() && !body_is_left()) finish_stream();
  } while (!lost_ && (parse() || again_));
  advancing_ = false;
  if (client_has_left()) lost_ = true;
  if (lost_) {
    lose();
    return;
  }
  keep_input();
  update_interest();
  update_deadline();
}

void Connection::wake() {
  again_ = true;
  if (advancing_ || queued_) return;
  queued_ = true;
  server_.wake(*this);
}

// Whatever the handler throws costs its connection, not the worker.
template <typename Call>
void Connection::guarded(Call call) {
  try {
    call(server_.handler());
  } catch (...) {
    lost_ = true;
  }
}

// ---- input ----

void Connection::read() {
  if (!wants_input()) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) lost_ = true;
    return;
  }
  auto& buffer = server_.read_buffer();
  const auto result = transport_->read(buffer);
  switch (result.status) {
    case Transport::Status::ok:
      take_input({buffer.data(), result.bytes});
      return;
    case Transport::Status::end:
      at_end_ = true;
      return;
    case Transport::Status::lost:
      lost_ = true;
      return;
    case Transport::Status::want_read:
    case Transport::Status::want_write:
      read_interest_ = interest_of(result.status);
      return;
  }
}

void Connection::take_input(std::string_view bytes) {
  if (state_ == State::lingering) {
    if (bytes.size() > linger_budget_) lost_ = true;
    linger_budget_ -= std::min(bytes.size(), linger_budget_);
  } else if (kept_.empty()) {
    fresh_ = bytes;
  } else {
    kept_ += bytes;
  }
}

std::string_view Connection::input() const {
  return kept_.empty() ? fresh_ : std::string_view(kept_).substr(consumed_);
}

void Connection::consume(std::size_t bytes) {
  if (kept_.empty()) {
    fresh_.remove_prefix(bytes);
    return;
  }
  consumed_ += bytes;
  if (consumed_ < kept_.size()) return;
  std::string().swap(kept_);
  consumed_ = 0;
}

// The read buffer is everybody's: what isn't parsed when the turn moves on is kept here.
void Connection::keep_input() {
  if (consumed_ > read_ahead) {
    kept_.erase(0, consumed_);
    consumed_ = 0;
  }
  kept_ += fresh_;
  fresh_ = {};
}

// ---- parsing ----

// One step; false when there is nothing to do without more input or a response.
bool Connection::parse() {
  switch (state_) {
    case State::preface:
      return parse_preface();
    case State::head:
      return parse_head();
    case State::body:
      return parse_body();
    case State::answering:
      return false;
    case State::lingering:
      lost_ = at_end_;
      return false;
  }
  return false;
}

bool Connection::parse_preface() {
  const ProxyHeader header = parse_proxy_header(input());
  switch (header.state) {
    case ProxyHeader::State::incomplete:
      lost_ = at_end_;  // a balancer that only looks whether somebody is there, for one
      return false;
    case ProxyHeader::State::malformed:
      open_stream();
      reject({400, "proxy-protocol", "the PROXY protocol header is malformed"});
      return true;
    case ProxyHeader::State::complete:
      consume(header.size);
      if (header.source) {
        peer_ = header.source->text();
        // What follows is the word of that source, not of the balancer, which told all it knows in the header.
        is_trusted_ = std::ranges::any_of(server_.handler().limits().trusted_proxies,
                                          [&](const base::IpNetwork& one) { return one.contains(*header.source); });
        server_.seat(*this, *header.source);
      }
      break;
    case ProxyHeader::State::absent:
      break;
  }
  state_ = State::head;
  return true;
}

bool Connection::parse_head() {
  if (!stream_) {
    if (!skip_empty_lines()) {
      lost_ = at_end_;
      return false;
    }
    open_stream();
  }
  std::size_t consumed = 0;
  const auto event = parser_.feed(input(), consumed);
  consume(consumed);
  switch (event) {
    case RequestParser::Event::head:
      head_complete();
      return true;
    case RequestParser::Event::rejected:
      reject(parser_.malformation());
      return true;
    default:
      lost_ = at_end_;
      return false;
  }
}

// RFC 9112 section 2.2: empty lines before a request line are ignored. False if nothing but them is there.
bool Connection::skip_empty_lines() {
  while (input().substr(0, 2) == "\r\n") consume(2);
  return !input().empty() && input() != "\r";
}

void Connection::open_stream() {
  stream_ = server_.take_stream();
  stream_->open(*this, server_.loop().turn_began());
  Request& request = stream_->mutable_request();
  request.peer = peer_;
  request.from_trusted_proxy = is_trusted_;
  body_too_large_ = body_paused_ = false;
  parser_.begin(request, server_.handler().limits());
}

void Connection::head_complete() {
  state_ = parser_.has_body() ? State::body : State::answering;
  state_since_ = server_.loop().turn_began();
  stream_->note_read(state_since_);
  body_begun_ = !input().empty();
  guarded([this](RequestHandler& handler) { handler.on_head(stream_); });
  if (lost_ || stream_->answered()) return;
  if (std::exchange(body_too_large_, false)) {
    reject(parser_.malformation());
    return;
  }
  if (state_ == State::answering) {
    request_complete();
    return;
  }
  stream_->mutable_request().body.reserve(static_cast<std::size_t>(
      std::min<std::uint64_t>(parser_.body_remaining().value_or(0), ServerConnections::read_size)));
  if (parser_.expects_continue() && !body_begun_) send_continue();
}

void Connection::send_continue() {
  body_begun_ = true;
  write_progress_ = server_.loop().turn_began();
  if (!outbox_.send(*transport_, {continue_response})) lost_ = true;
  outbox_.take_count();  // no part of the response
}

void Connection::limit_body(std::uint64_t bytes) {
  if (!parser_.limit_body(bytes)) body_too_large_ = true;
}

void Connection::resume_body() {
  if (std::exchange(body_paused_, false)) state_since_ = server_.loop().turn_began();
  wake();
}

bool Connection::parse_body() {
  if (close_) return false;  // answered already, and what is left of the body will not be read
  if (body_paused_ && is_body_wanted()) return false;
  if (input().empty()) {
    if (at_end_) (is_body_wanted() ? lost_ : close_) = true;
    return at_end_;
  }
  std::size_t consumed = 0;
  const auto event = parser_.feed(input(), consumed);
  consume(consumed);
  if (!deliver_body()) return false;
  switch (event) {
    case RequestParser::Event::complete:
      state_ = State::answering;
      if (!stream_->answered()) stream_->note_read(server_.loop().turn_began());
      request_complete();
      return true;
    case RequestParser::Event::rejected:
      if (!stream_->answered()) {
        reject(parser_.malformation());
      } else {
        (is_body_wanted() ? lost_ : close_) = true;
      }
      return true;
    default:
      if (at_end_) (is_body_wanted() ? lost_ : close_) = true;
      return at_end_;
  }
}

// Hands what has come of the body to its sink, if it has one. False if that lost the connection.
bool Connection::deliver_body() {
  BodySink* const sink = stream_->body_sink();
  std::string& body = stream_->mutable_request().body;
  if (sink == nullptr || body.empty()) return true;
  state_since_ = server_.loop().turn_began();
  if (is_body_wanted()) guarded([&](RequestHandler&) { body_paused_ = !sink->on_body(body); });
  body.clear();
  return !lost_;
}

// A sink hears of the body for as long as a response is streamed: that may be made of it.
bool Connection::is_body_wanted() const {
  return !stream_->answered() || (stream_->body_sink() != nullptr && !stream_->is_complete());
}

// What is left of a body that nobody wants is read if it is short.
void Connection::drop_body() {
  if (state_ != State::body || close_) return;
  const auto remaining = parser_.body_remaining();
  // A client that was not asked to go on may or may not send its body (RFC 9110 section 10.1.1).
  const bool may_not_come = parser_.expects_continue() && !body_begun_;
  if (may_not_come || !remaining || *remaining > worth_discarding) close_ = true;
  parser_.discard_body();
}

void Connection::request_complete() {
  if (!is_body_wanted()) return;
  guarded([this](RequestHandler& handler) {
    if (BodySink* const sink = stream_->body_sink()) {
      sink->on_body_end();
    } else {
      handler.on_request(stream_);
    }
  });
}

// Seen when there is nothing to read but the end. A response that is given whole is sent whole, whoever reads it.
bool Connection::client_has_left() const {
  return at_end_ && state_ == State::answering && stream_ && !stream_->is_complete() &&
         server_.handler().limits().half_close == HalfClose::abort;
}

void Connection::reject(const Malformation& malformation) {
  state_ = State::answering;
  rejected_ = true;
  stream_->note_read(server_.loop().turn_began());
  guarded([&](RequestHandler& handler) { handler.on_rejected(stream_, malformation); });
}

// ---- output ----

void Connection::send_interim(const ResponseHead& head) {
  std::string& text = server_.head_buffer();
  text.clear();
  append_interim_head(text, head);
  if (outbox_.empty()) write_progress_ = server_.loop().turn_began();
  if (!outbox_.send(*transport_, {text})) lost_ = true;
  outbox_.take_count();  // no part of the response
}

void Connection::respond(const ResponseHead& head, const Framing& framing, Content content) {
  std::string& text = server_.head_buffer();
  text.clear();
  append_head(text, head, framing, persistence(framing), server_.date_clock());
  if (outbox_.empty()) write_progress_ = server_.loop().turn_began();
  if (!outbox_.send(*transport_, {text}, std::move(content))) lost_ = true;
  count_sent();
  wake();
}

void Connection::begin_stream(const ResponseHead& head, const Framing& framing) {
  std::string& text = server_.head_buffer();
  text.clear();
  append_head(text, head, framing, persistence(framing), server_.date_clock());
  if (outbox_.empty()) write_progress_ = server_.loop().turn_began();
  outbox_.append(text);
  wake();
}

bool Connection::write_stream(std::string_view piece, bool chunked) {
  std::array<char, 18> size{};
  std::string_view before;
  if (chunked) {
    char* end = std::to_chars(size.data(), size.data() + size.size() - 2, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    before = {size.data(), static_cast<std::size_t>(end - size.data())};
  }
  const std::string_view after = chunked ? "\r\n" : "";
  if (outbox_.empty()) write_progress_ = server_.loop().turn_began();
  if (piece.size() <= worth_copying && outbox_.size() < Exchange::low_water) {
    for (const std::string_view part : {before, piece, after}) outbox_.append(part);
  } else if (!lost_) {
    if (!outbox_.send(*transport_, {before, piece, after})) lost_ = true;
    count_sent();
  }
  drain_wanted_ = outbox_.size() > Exchange::high_water;
  wake();
  return !drain_wanted_;
}

void Connection::end_stream(bool chunked) {
  if (chunked) outbox_.append(last_chunk);
  drop_body();
  wake();
}

void Connection::abort() {
  transport_->reset_on_close();
  lost_ = true;
  wake();
}

// Decides, as the response begins, what becomes of the connection after it, and of a body that nobody wants any more.
Persistence Connection::persistence(const Framing& framing) {
  const Request& request = stream_->request();
  if (rejected_ || !parser_.keep_alive() || server_.says_close()) close_ = true;
  if (at_end_ && input().empty()) close_ = true;
  const bool until_close = !framing.chunked && !framing.content_length;
  if (until_close && has_content(request.is_head(), stream_->status())) close_ = true;
  if (!is_body_wanted()) drop_body();
  if (close_) return Persistence::close;
  return request.version_minor == 0 ? Persistence::keep_alive : Persistence::implied;
}

void Connection::flush() {
  if (outbox_.empty() || outbox_.blocked() || lost_) return;
  if (!outbox_.flush(*transport_)) lost_ = true;
  count_sent();
}

void Connection::count_sent() {
  const std::uint64_t count = outbox_.take_count();
  if (outbox_.blocked()) unacknowledged_ = transport_->unacknowledged();
  if (count == 0) return;
  write_progress_ = server_.loop().turn_began();
  if (stream_) stream_->count_sent(count);
}

void Connection::notify_drained() {
  if (!drain_wanted_ || outbox_.size() > Exchange::low_water) return;
  drain_wanted_ = false;
  if (stream_) guarded([this](RequestHandler&) { stream_->notify_drained(); });
}

bool Connection::answer_is_sent() const {
  return stream_ && stream_->is_complete() && outbox_.empty();
}

bool Connection::body_is_left() const {
  return state_ == State::body && !close_;
}

// ---- the ends of things ----

void Connection::finish_stream() {
  auto stream = std::exchange(stream_, nullptr);
  stream->detach(false);
  guarded([&](RequestHandler& handler) { handler.on_finished(*stream); });
  server_.give_back(std::move(stream));
  outbox_.release();
  drain_wanted_ = false;
  if (close_ || (server_.draining() && input().empty())) {
    linger();
  } else {
    state_ = State::head;
    state_since_ = server_.loop().turn_began();
  }
}

// RFC 9112 section 9.6: half-close first and read on, since closing with unread input makes the kernel send RST, which
// may take the response away from the client again.
void Connection::linger() {
  if (at_end_ || !transport_->shutdown_write()) {
    lost_ = true;
    return;
  }
  state_ = State::lingering;
  state_since_ = server_.loop().turn_began();
  linger_budget_ = linger_bytes;
  std::string().swap(kept_);
  consumed_ = 0;
  fresh_ = {};
}

void Connection::lose() {
  dead_ = true;
  if (!queued_) {
    queued_ = true;
    server_.wake(*this);
  }
  auto stream = std::exchange(stream_, nullptr);
  if (!stream) return;
  const bool client_gone = !stream->is_complete() || !outbox_.empty();
  stream->detach(client_gone);
  if (state_ != State::head) {  // before that no handler has seen it
    guarded([&](RequestHandler& handler) {
      if (client_gone) stream->notify_disconnect();
      handler.on_finished(*stream);
    });
  }
  server_.give_back(std::move(stream));
}

// ---- readiness and time ----

bool Connection::wants_input() const {
  if (at_end_) return false;
  switch (state_) {
    case State::preface:
    case State::head:
    case State::lingering:
      return true;
    case State::body:
      return !close_ && !(body_paused_ && is_body_wanted());
    case State::answering:
      return kept_.size() - consumed_ < read_ahead;
  }
  return false;
}

void Connection::update_interest() {
  const int wanted = (wants_input() ? read_interest_ : 0) | interest_of(outbox_.waits_for());
  if (wanted == interest_) return;
  interest_ = wanted;
  try {
    server_.loop().rewatch(fd(), wanted);
  } catch (const std::system_error&) {
    lost_ = true;  // the descriptor is not in the epoll: without events the connection would never end
    wake();
  }
}

// A connection has at most one timer. It is left alone when the deadline moves away, which is what happens on every
// request, and looks again when it fires.
void Connection::update_deadline() {
  const auto when = deadline();
  if (when == Clock::time_point::max() || (timer_ != 0 && timer_at_ <= when)) return;
  server_.loop().cancel(timer_);
  timer_at_ = when;
  timer_ = server_.loop().call_at(when, [this] { on_timer(); });
}

Connection::Clock::time_point Connection::deadline() const {
  const Limits& limits = server_.handler().limits();
  if (state_ == State::lingering) return state_since_ + linger_time;
  if (!outbox_.empty()) return write_progress_ + limits.write_timeout;
  switch (state_) {
    case State::preface:
      return state_since_ + (kept_.empty() ? limits.idle_timeout : limits.header_timeout);
    case State::head:
      return stream_ ? stream_->first_byte_at() + limits.header_timeout : state_since_ + limits.idle_timeout;
    case State::body:
      return body_paused_ && is_body_wanted() ? Clock::time_point::max() : state_since_ + limits.body_timeout;
    default:
      return Clock::time_point::max();
  }
}

void Connection::on_timer() {
  timer_ = 0;
  if (dead_) return;
  if (Clock::now() < deadline()) {
    update_deadline();
    return;
  }
  on_timeout();
  advance();
}

void Connection::on_timeout() {
  const bool writing = !outbox_.empty();
  if (writing && client_takes_bytes()) return;
  if (writing && state_ != State::lingering) transport_->reset_on_close();
  const bool refusable = !writing && stream_ && !stream_->answered();
  if (state_ == State::head && refusable) {
    reject({408, "head-timeout", "the request line and header fields took too long"});
  } else if (state_ == State::body && refusable) {
    reject({408, "body-timeout", "the request body took too long"});
  } else {
    lost_ = true;
  }
}

// A kernel with a large buffer asks for more when a third of it is free: a slow reader may take much longer for that
// than it may stand still.
bool Connection::client_takes_bytes() {
  const std::size_t before = std::exchange(unacknowledged_, transport_->unacknowledged());
  if (unacknowledged_ >= before) return false;
  write_progress_ = Clock::now();
  return true;
}

}  // namespace pgw::http
