#include "gateway/upstream/client.h"

#include <algorithm>
#include <array>
#include <exception>
#include <random>
#include <utility>
#include <vector>

#include "gateway/upstream/exchange.h"

namespace pgw::upstream {
namespace {

using loop::EventLoop;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds first_backoff{25};
/// Firewalls forget silent connections, and upstreams close them about now.
constexpr std::chrono::seconds rests_at_most{60};
constexpr std::chrono::seconds sweep_interval{10};
constexpr std::size_t exchanges_kept = 64;

/// What one read takes: more than a TLS record holds, so that OpenSSL keeps nothing back of one.
using Buffer = std::array<char, std::size_t{64} * 1024>;

/// HTTP/1.1 on connections that libcurl opened. Sinks are only ever called from the loop, so what fails at once fails
/// in its next turn.
class Http1Client final : public Client, public Pool::Member, public std::enable_shared_from_this<Http1Client> {
 public:
  Http1Client(EventLoop& loop, std::shared_ptr<Pool> pool) : loop_(loop), pool_(std::move(pool)) {}
  ~Http1Client() override;

  void join() { member_ = pool_->join(loop_, weak_from_this()); }

  void retarget(std::shared_ptr<const Target> target) override;
  CallId start(OutgoingRequest request, std::shared_ptr<ResponseSink> sink) override;
  void resume(CallId id) override;
  void stream(CallId id) override;
  bool write_body(CallId id, std::string_view piece) override;
  void end_body(CallId id) override;
  void cancel(CallId id) override;
  bool withdraw(CallId id) override;
  bool has_room(std::size_t queue) const override { return pool_->has_room(queue); }

  void open_for(std::uint64_t call, Place place) override;
  void lend(Ticket to) override;
  void receive(std::uint64_t call, std::unique_ptr<Connection> connection) override;
  void claim_again(std::uint64_t call) override;
  void displaced(std::uint64_t call) override;

 private:
  struct Slot {
    std::unique_ptr<Exchange> exchange;
    std::uint32_t generation = 1;
    bool is_live = false;
  };

  Exchange* find(CallId id);
  Exchange& take_slot();
  void recycle(Exchange& exchange);
  Ticket ticket_of(const Exchange& exchange) const { return {member_, exchange.id, exchange.request().queue}; }

  void claim(Exchange& exchange);
  void claim_later(Exchange& exchange, std::chrono::milliseconds pause);
  void open(Exchange& exchange, Place place);
  void opened(CallId id, const Connector& connector, Opened opened);
  void serve(CallId id, std::unique_ptr<Connection> connection);
  void write_all();
  void tell_writable(CallId id);
  void hand_out(std::unique_ptr<Connection> connection);
  void rest(std::unique_ptr<Connection> connection);
  bool watch(Connection& connection);
  bool is_fit(Connection& connection, const Exchange& exchange) const;
  bool is_young(const Connection& connection) const;
  void sweep();

  void on_ready(Connection& connection, int ready);
  void on_resting_ready(Connection& connection);
  Progress read(Exchange& exchange);

  /// Runs what may call the sink, then does what its outcome asks for.
  template <typename Step>
  void advance(Exchange& exchange, const Step& step);
  void settle(Exchange& exchange, Progress progress);
  void settle_broken_later(Exchange& exchange);
  Progress read_what_came(Exchange& exchange);
  void complete(Exchange& exchange);
  void lost(Exchange& exchange);
  void fail(Exchange& exchange, Failure failure, std::string detail);
  void fail_later(Exchange& exchange, Failure failure, std::string detail);
  void repeat_or_fail(Exchange& exchange, bool may_repeat, std::chrono::milliseconds pause);
  std::chrono::milliseconds backoff(const Exchange& exchange);

  void watch_deadline(Exchange& exchange);
  void expire(CallId id);
  void drop(Exchange& exchange);

  EventLoop& loop_;
  const std::shared_ptr<Pool> pool_;
  std::size_t member_ = 0;
  std::shared_ptr<const Target> target_;
  std::shared_ptr<Connector> connector_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::unique_ptr<Connection>> resting_;  // the last one is the first to be used
  std::vector<CallId> unwritten_;                     // requests that this turn gave a connection
  EventLoop::TimerId sweep_timer_ = 0;
  std::unique_ptr<Buffer> buffer_ = std::make_unique<Buffer>();
  std::minstd_rand random_{std::random_device{}()};
};

Http1Client::~Http1Client() {
  loop_.cancel(sweep_timer_);
  for (auto& slot : slots_) {
    if (!slot.is_live) continue;
    pool_->withdraw(ticket_of(*slot.exchange));
    loop_.cancel(slot.exchange->timer);
  }
  pool_->part(member_);
}

void Http1Client::retarget(std::shared_ptr<const Target> target) {
  if (target == target_) return;
  auto connector = std::make_shared<Connector>(loop_, std::make_shared<const Destination>(target));
  pool_->limit({target->max_connections, target->max_waiting});
  target_ = std::move(target);
  connector_ = std::move(connector);
  for (auto old = std::exchange(resting_, {}); !old.empty(); old.pop_back()) pool_->lost_resting(member_);
}

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

// ---- a connection for it ----

void Http1Client::claim(Exchange& exchange) {
  exchange.state = Exchange::State::waiting;
  for (;;) {
    auto claim = pool_->claim(ticket_of(exchange));
    switch (claim.answer) {
      case Pool::Claim::Answer::resting: {
        auto connection = std::move(resting_.back());
        resting_.pop_back();
        connection->place().serves(exchange.request().queue);
        if (!is_fit(*connection, exchange)) continue;
        serve(exchange.id, std::move(connection));
        return;
      }
      case Pool::Claim::Answer::open:
        open(exchange, std::move(claim.place));
        return;
      case Pool::Claim::Answer::wait:
        return;
      case Pool::Claim::Answer::refused:
        fail_later(exchange, Failure::connection_limit_reached, "all connections and all places to wait are taken");
        return;
    }
  }
}

void Http1Client::claim_later(Exchange& exchange, std::chrono::milliseconds pause) {
  exchange.state = Exchange::State::pausing;
  loop_.call_after(pause, [this, id = exchange.id] { claim_again(id); });
}

void Http1Client::claim_again(std::uint64_t call) {
  Exchange* const exchange = find(call);
  if (exchange != nullptr && exchange->state != Exchange::State::attached) claim(*exchange);
}

void Http1Client::open(Exchange& exchange, Place place) {
  exchange.is_opening = true;
  exchange.connector()->open(std::move(place), [this, id = exchange.id, connector = exchange.connector().get()](
                                                   Opened opened) { this->opened(id, *connector, std::move(opened)); });
}

void Http1Client::open_for(std::uint64_t call, Place place) {
  Exchange* const exchange = find(call);
  if (exchange != nullptr && exchange->state == Exchange::State::waiting) open(*exchange, std::move(place));
}

/// The connection is for the request whose turn it is; a failure is that of the request on whose behalf it was opened,
/// unless that has got another one meanwhile.
void Http1Client::opened(CallId id, const Connector& connector, Opened opened) {
  Exchange* const exchange = find(id);
  if (opened.connection != nullptr && !watch(*opened.connection)) {
    opened = {nullptr, Failure::internal_error, "the connection can't be watched"};
  }
  if (opened.connection != nullptr) {
    if (&connector == connector_.get()) {
      hand_out(std::move(opened.connection));
    } else if (exchange != nullptr && pool_->withdraw(ticket_of(*exchange))) {
      serve(id, std::move(opened.connection));
    }
    return;
  }
  if (exchange == nullptr || !pool_->withdraw(ticket_of(*exchange))) return;
  exchange->is_opening = false;
  exchange->failure = opened.failure;
  exchange->detail = std::move(opened.detail);
  const bool may_repeat = worth_a_retry(opened.failure) && exchange->repetitions < exchange->target().retries;
  repeat_or_fail(*exchange, may_repeat, backoff(*exchange));
}

/// For this request, or, where it has gone, for the next.
void Http1Client::serve(CallId id, std::unique_ptr<Connection> connection) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr || exchange->state != Exchange::State::waiting) {
    hand_out(std::move(connection));
    return;
  }
  if (!connection->destination()->is_same(*exchange->connector()->destination())) {
    connection.reset();
    claim(*exchange);
    return;
  }
  exchange->attach(std::move(connection), loop_.turn_began());
  if (unwritten_.empty()) {
    loop_.at_turn_end([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->write_all();
    });
  }
  unwritten_.push_back(id);
}

/// Requests of one turn leave together: the first wakes an upstream that sleeps, and the others find it awake. Sent one
/// by one between the work for other clients, each would pay for a wake-up, which costs more than writing it.
void Http1Client::write_all() {
  for (const CallId id : unwritten_) {
    Exchange* const exchange = find(id);
    if (exchange == nullptr || exchange->connection() == nullptr) continue;
    if (exchange->write() != Progress::goes_on) settle_broken_later(*exchange);
    if (exchange->is_holding_up_body()) loop_.call_after({}, [this, id] { tell_writable(id); });
  }
  unwritten_.clear();
}

void Http1Client::tell_writable(CallId id) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return;
  advance(*exchange, [&] {
    exchange->tell_writable();
    return Progress::goes_on;
  });
}

void Http1Client::hand_out(std::unique_ptr<Connection> connection) {
  if (!connection->destination()->is_same(*connector_->destination())) return;
  const auto next = pool_->release(member_, connection->place());
  if (!next) {
    rest(std::move(connection));
  } else if (next->member == member_) {
    serve(next->call, std::move(connection));
  } else {
    connection->unwatch();
    pool_->hand_over(*next, std::move(connection));
  }
}

void Http1Client::rest(std::unique_ptr<Connection> connection) {
  connection->rests_since = loop_.turn_began();
  resting_.push_back(std::move(connection));
  if (sweep_timer_ == 0) sweep_timer_ = loop_.call_after(sweep_interval, [this] { sweep(); });
}

void Http1Client::lend(Ticket to) {
  if (resting_.empty()) {
    pool_->nothing_to_lend(member_, to);
    return;
  }
  auto connection = std::move(resting_.back());
  resting_.pop_back();
  connection->place().serves(to.line);
  connection->unwatch();
  pool_->hand_over(to, std::move(connection));
}

// Nobody watched it on its way.
void Http1Client::receive(std::uint64_t call, std::unique_ptr<Connection> connection) {
  if (is_young(*connection) && connection->is_quiet() && watch(*connection)) {
    serve(call, std::move(connection));
    return;
  }
  connection.reset();
  claim_again(call);
}

void Http1Client::displaced(std::uint64_t call) {
  Exchange* const exchange = find(call);
  if (exchange == nullptr || exchange->state != Exchange::State::waiting) return;
  fail(*exchange, Failure::connection_limit_reached, "left its place in the queue to a team that has fewer waiting");
}

/// False if the kernel refuses.
bool Http1Client::watch(Connection& connection) {
  try {
    connection.watch(loop_, [this, &connection](int ready) { on_ready(connection, ready); });
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// A request that must not be repeated is written on a connection that is known to live; others find out.
bool Http1Client::is_fit(Connection& connection, const Exchange& exchange) const {
  if (!connection.destination()->is_same(*exchange.connector()->destination()) || !is_young(connection)) return false;
  return (exchange.is_idempotent() && exchange.request().repeatable) || connection.is_quiet();
}

bool Http1Client::is_young(const Connection& connection) const {
  const auto age_limit = connection.destination()->target().max_connection_age;
  return age_limit.count() == 0 || loop_.turn_began() - connection.opened() < age_limit;
}

void Http1Client::sweep() {
  sweep_timer_ = 0;
  const auto now = loop_.turn_began();
  const auto end = std::ranges::remove_if(resting_, [&](const auto& connection) {
    const bool goes = !is_young(*connection) || now - connection->rests_since > rests_at_most;
    if (goes) pool_->lost_resting(member_);
    return goes;
  });
  resting_.erase(end.begin(), end.end());
  if (!resting_.empty()) sweep_timer_ = loop_.call_after(sweep_interval, [this] { sweep(); });
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
  return exchange.read(*buffer_, loop_.turn_began());
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

}  // namespace

std::shared_ptr<Client> make_client(EventLoop& loop, std::shared_ptr<Pool> pool, std::shared_ptr<const Target> target) {
  auto client = std::make_shared<Http1Client>(loop, std::move(pool));
  client->join();
  client->retarget(std::move(target));
  return client;
}

}  // namespace pgw::upstream
