#include "gateway/upstream/http1_client.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace pgw::upstream {
namespace {

using loop::EventLoop;

constexpr std::chrono::milliseconds first_backoff{25};
constexpr std::size_t exchanges_kept = 64;

}  // namespace

// ---- calls ----

Client::CallId Http1Client::start(OutgoingRequest request, std::shared_ptr<ResponseSink> sink) {
  Exchange& exchange = take_slot();
  exchange.begin(std::move(request), std::move(sink), connector_, loop_.turn_began());
  watch_deadline(exchange);
  const CallId id = exchange.id;
  claim(exchange);
  return id;
}

void Http1Client::resume(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || !exchange->is_paused()) return;
  Connection& connection = *exchange->connection();
  const bool is_watched = connection.is_watched() || watch(connection);  // before its interest is set
  exchange->unpause(Clock::now());
  loop_.cancel(exchange->timer);
  watch_deadline(*exchange);
  if (!is_watched) {
    fail_later(*exchange, Failure::internal_error, "the connection can't be watched");
    return;
  }
  if (exchange->is_busy) return;  // in the sink's own call, which goes on by itself
  advance(*exchange, [&] {
    const Progress progress = exchange->deliver_pending();
    return progress == Progress::goes_on && !exchange->is_paused() && !exchange->is_cancelled ? read(*exchange)
                                                                                              : progress;
  });
}

void Http1Client::stream(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  exchange->bound_by_idle_time(loop_.turn_began());
  loop_.cancel(exchange->timer);
  watch_deadline(*exchange);
}

bool Http1Client::write_body(CallId id, std::string_view piece) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return true;
  exchange->add_body(piece);
  if (exchange->connection() != nullptr && exchange->write() != Progress::goes_on) settle_broken_later(*exchange);
  return exchange->takes_more_body();
}

void Http1Client::end_body(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  exchange->end_body();
  if (exchange->connection() != nullptr && exchange->write() != Progress::goes_on) settle_broken_later(*exchange);
}

void Http1Client::cancel(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  if (exchange->is_busy) {
    exchange->is_cancelled = true;
  } else {
    drop(*exchange);
  }
}

bool Http1Client::withdraw(CallId id) {
  const Exchange* const exchange = find(id);
  const bool is_unsent =
      exchange != nullptr && exchange->state == Exchange::State::waiting && exchange->repetitions == 0;
  if (is_unsent) cancel(id);
  return is_unsent;
}

void Http1Client::tell_writable(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  advance(*exchange, [&] {
    exchange->tell_writable();
    return Progress::goes_on;
  });
}

Exchange* Http1Client::find(CallId id) {
  const auto index = static_cast<std::uint32_t>(id);
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  return slot.is_live && slot.exchange->id == id && !slot.exchange->is_cancelled ? slot.exchange.get() : nullptr;
}

Exchange& Http1Client::take_slot() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  if (slot.exchange == nullptr) slot.exchange = std::make_unique<Exchange>();
  slot.is_live = true;
  slot.exchange->id = (CallId{slot.generation} << 32U) | index;
  return *slot.exchange;
}

void Http1Client::recycle(Exchange& exchange) {
  const auto index = static_cast<std::uint32_t>(exchange.id);
  loop_.cancel(exchange.timer);
  exchange.clear();
  Slot& slot = slots_[index];
  slot.is_live = false;
  ++slot.generation;
  if (index >= exchanges_kept) slot.exchange.reset();
  free_.push_back(index);
}

/// Without a word to the sink.
void Http1Client::drop(Exchange& exchange) {
  pool_->withdraw(ticket_of(exchange));
  const auto connection = exchange.detach();
  recycle(exchange);
}

// ---- events ----

void Http1Client::on_ready(Connection& connection, int ready) {
  Exchange* const exchange = connection.exchange;
  if (exchange == nullptr) {
    on_resting_ready(connection);
    return;
  }
  // While it is paused nobody asks for reading: this is a hang-up or an error, which count as every interest.
  if (exchange->is_paused() && (ready & EventLoop::read) != 0) {
    connection.unwatch();  // the end has come, and would be told again and again until there is an interest in it
    return;
  }
  advance(*exchange, [&]() -> Progress {
    if ((ready & EventLoop::write) != 0) {
      if (exchange->write() != Progress::goes_on) return read_what_came(*exchange);
      exchange->tell_writable();
    }
    if ((ready & EventLoop::read) == 0 || exchange->is_paused() || exchange->is_cancelled) return Progress::goes_on;
    // What was there before this turn's request was written is no answer to it.
    if (connection.is_used && exchange->attached_in_turn == loop_.turn_began()) {
      return connection.is_quiet() ? Progress::goes_on : Progress::lost;
    }
    return read(*exchange);
  });
}

/// Bytes that nobody asked for, or the end. (Over TLS there is also what is for TLS alone.)
void Http1Client::on_resting_ready(Connection& connection) {
  if (connection.is_quiet()) return;
  const auto at = std::ranges::find(resting_, &connection, [](const auto& resting) { return resting.get(); });
  if (at == resting_.end()) return;
  const auto gone = std::move(*at);
  resting_.erase(at);
  pool_->lost_resting(member_);
}

Progress Http1Client::read(Exchange& exchange) {
  const Progress progress = exchange.read(*buffer_, loop_.turn_began());
  if (progress == Progress::goes_on && exchange.has_more() && !std::exchange(exchange.reads_on, true)) {
    loop_.post([weak = weak_from_this(), id = exchange.id] {
      if (const auto self = weak.lock()) self->read_on(id);
    });
  }
  return progress;
}

void Http1Client::read_on(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  exchange->reads_on = false;
  if (exchange->connection() == nullptr || exchange->is_paused()) return;
  advance(*exchange, [&] { return read(*exchange); });
}

template <typename Step>
void Http1Client::advance(Exchange& exchange, const Step& step) {
  Progress progress = Progress::failed;
  exchange.is_busy = true;
  try {
    progress = step();
  } catch (const std::exception& error) {
    exchange.failure = Failure::internal_error;
    exchange.detail = error.what();
  } catch (...) {
    exchange.failure = Failure::internal_error;
  }
  exchange.is_busy = false;
  if (exchange.is_cancelled) {
    drop(exchange);
  } else {
    settle(exchange, progress);
  }
}

void Http1Client::settle(Exchange& exchange, Progress progress) {
  switch (progress) {
    case Progress::goes_on:
      return;
    case Progress::complete:
      return complete(exchange);
    case Progress::lost:
      return lost(exchange);
    case Progress::failed:
      return fail(exchange, exchange.failure, std::exchange(exchange.detail, {}));
  }
}

/// What was lost while it was written may have been answered before.
void Http1Client::settle_broken_later(Exchange& exchange) {
  loop_.call_after({}, [this, id = exchange.id, connection = exchange.connection()] {
    Exchange* const late = find(id);
    if (late == nullptr || late->connection() != connection || connection == nullptr || late->is_paused()) return;
    advance(*late, [&] { return read_what_came(*late); });
  });
}

/// It can't be written to any more. A response that has begun goes on until its connection's end, which is an event.
Progress Http1Client::read_what_came(Exchange& exchange) {
  if (exchange.is_paused()) return Progress::goes_on;
  const Progress seen = read(exchange);
  const bool is_lost = seen == Progress::goes_on && !exchange.is_paused() && !exchange.has_response_begun();
  return is_lost ? Progress::lost : seen;
}

void Http1Client::complete(Exchange& exchange) {
  const bool is_usable = exchange.leaves_connection_usable();
  auto connection = exchange.detach();
  const auto sink = exchange.sink();
  recycle(exchange);
  // Over TLS the rest of what the socket had may already be with OpenSSL, where nobody would see it.
  if (is_usable && is_young(*connection) && (!connection->destination()->is_tls() || connection->is_quiet())) {
    connection->is_used = true;
    hand_out(std::move(connection));
  } else {
    connection.reset();
  }
  try {
    sink->on_end();
  } catch (...) {
    return;  // there is nobody else to tell
  }
}

void Http1Client::lost(Exchange& exchange) {
  const bool was_used = exchange.connection()->is_used;
  const bool is_untouched = exchange.is_untouched();
  exchange.detach().reset();
  exchange.failure = Failure::connection_terminated;
  exchange.detail = exchange.connector()->destination()->told() + ": closed the connection without an answer";
  if (was_used && is_untouched) {
    // Nothing was sent. Not before this turn's end, by which the other connections that died with it are gone.
    claim_later(exchange, {});
    return;
  }
  repeat_or_fail(exchange, exchange.may_repeat(), was_used ? std::chrono::milliseconds{0} : backoff(exchange));
}

void Http1Client::repeat_or_fail(Exchange& exchange, bool may_repeat, std::chrono::milliseconds pause) {
  if (!may_repeat) {
    fail(exchange, exchange.failure, std::exchange(exchange.detail, {}));
    return;
  }
  ++exchange.repetitions;
  const CallId id = exchange.id;
  if (!exchange.is_untouched()) {
    advance(exchange, [&] {
      exchange.sink()->on_repetition();
      return Progress::goes_on;
    });
  }
  if (find(id) != nullptr) claim_later(exchange, pause);
}

std::chrono::milliseconds Http1Client::backoff(const Exchange& exchange) {
  const auto jitter = std::chrono::milliseconds(random_() % static_cast<unsigned>(first_backoff.count()));
  return first_backoff * (1U << std::min(exchange.repetitions, 6U)) + jitter;
}

void Http1Client::fail(Exchange& exchange, Failure failure, std::string detail) {
  pool_->withdraw(ticket_of(exchange));
  auto connection = exchange.detach();
  const auto sink = exchange.sink();
  recycle(exchange);
  connection.reset();
  try {
    sink->on_failure(failure, detail);
  } catch (...) {
    return;  // there is nobody else to tell
  }
}

void Http1Client::fail_later(Exchange& exchange, Failure failure, std::string detail) {
  loop_.call_after({}, [this, id = exchange.id, failure, detail = std::move(detail)] {
    if (Exchange* const late = find(id)) fail(*late, failure, detail);
  });
}

// ---- time ----

void Http1Client::watch_deadline(Exchange& exchange) {
  exchange.timer = loop_.call_at(exchange.deadline(), [this, id = exchange.id] { expire(id); });
}

// A paused exchange's time stands still; `resume` watches it again. That of a stream moves with every byte.
void Http1Client::expire(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || exchange->is_paused()) return;
  if (exchange->deadline() > Clock::now()) {
    watch_deadline(*exchange);
    return;
  }
  const std::string& told = exchange->connector()->destination()->told();
  switch (exchange->state) {
    case Exchange::State::attached:
      return fail(*exchange, Failure::response_timeout, told + ": did not answer in time");
    case Exchange::State::pausing:
      return fail(*exchange, exchange->failure, std::exchange(exchange->detail, {}));
    case Exchange::State::waiting:
      break;
  }
  if (exchange->is_opening) return fail(*exchange, Failure::connection_timeout, told + ": no connection in time");
  fail(*exchange, Failure::connection_limit_reached, "no connection was free in time");
}

std::shared_ptr<Client> make_client(EventLoop& loop, std::shared_ptr<Pool> pool, std::shared_ptr<const Target> target) {
  auto client = std::make_shared<Http1Client>(loop, std::move(pool));
  client->join();
  client->retarget(std::move(target));
  return client;
}

}  // namespace pgw::upstream
