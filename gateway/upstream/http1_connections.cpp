// How a request of the HTTP/1.1 client comes to a connection, and what becomes of the connection afterwards.
#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/upstream/http1_client.h"

namespace pgw::upstream {
namespace {

/// Firewalls forget silent connections, and upstreams close them about now.
constexpr std::chrono::seconds rests_at_most{60};
constexpr std::chrono::seconds sweep_interval{10};

}  // namespace

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
  return exchange.survives_loss() || connection.is_quiet();
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

}  // namespace pgw::upstream
