#include "gateway/upstream/pool.h"

#include <algorithm>
#include <utility>

#include "gateway/upstream/connection.h"

namespace pgw::upstream {

Place& Place::operator=(Place&& other) noexcept {
  leave();
  pool_ = std::move(other.pool_);
  is_opening_ = other.is_opening_;
  return *this;
}

Place::~Place() {
  leave();
}

void Place::leave() {
  if (const auto pool = std::exchange(pool_, nullptr)) pool->left(is_opening_);
}

void Place::opened() {
  if (pool_ == nullptr || !std::exchange(is_opening_, false)) return;
  const std::scoped_lock lock(pool_->mutex_);
  --pool_->opening_;
}

std::size_t Pool::join(loop::EventLoop& loop, std::weak_ptr<Member> member) {
  const std::scoped_lock lock(mutex_);
  seats_.push_back({&loop, std::move(member), 0});
  return seats_.size() - 1;
}

void Pool::part(std::size_t member) {
  const std::scoped_lock lock(mutex_);
  seats_[member] = {};
}

void Pool::limit(Limits limits) {
  const std::scoped_lock lock(mutex_);
  limits_ = limits;
}

Pool::Claim Pool::claim(std::size_t line, Ticket ticket) {
  Errand errand;
  Claim claim;
  {
    const std::scoped_lock lock(mutex_);
    Seat& own = seats_[ticket.member];
    if (own.resting > 0) {
      --own.resting;
      return {Claim::Answer::resting, {}};
    }
    const auto other = std::ranges::max_element(seats_, {}, &Seat::resting);
    if (other->resting > 0) {
      --other->resting;
      errand = {static_cast<std::size_t>(other - seats_.begin()), [ticket](Member& member) { member.lend(ticket); }};
      claim.answer = Claim::Answer::wait;
    } else {
      if (queue_.size() >= limits_.waiting && open_ >= limits_.connections) {
        const auto displaced = queue_.displace_for(line);
        if (!displaced) return claim;
        errand = {displaced->member, [call = displaced->call](Member& member) { member.displaced(call); }};
      }
      queue_.push(line, ticket);
      claim.answer = Claim::Answer::wait;
      if (opening_ < queue_.size() && open_ < limits_.connections) {
        ++open_;
        ++opening_;
        claim.answer = Claim::Answer::open;
        claim.place = Place(shared_from_this());
      }
    }
  }
  send(std::move(errand));
  return claim;
}

bool Pool::withdraw(std::size_t line, Ticket ticket) {
  const std::scoped_lock lock(mutex_);
  return queue_.remove(line, ticket);
}

std::optional<Ticket> Pool::release(std::size_t member) {
  const std::scoped_lock lock(mutex_);
  auto next = queue_.pop();
  if (!next) ++seats_[member].resting;
  return next;
}

// What was promised to another member is counted no more, so the count may already be without it.
void Pool::lost_resting(std::size_t member) {
  const std::scoped_lock lock(mutex_);
  if (seats_[member].resting > 0) --seats_[member].resting;
}

void Pool::hand_over(Ticket to, std::unique_ptr<Connection> connection) {
  const auto handed = std::make_shared<std::unique_ptr<Connection>>(std::move(connection));
  send({to.member, [handed, call = to.call](Member& member) { member.receive(call, std::move(*handed)); }});
}

void Pool::nothing_to_lend(Ticket to) {
  send({to.member, [call = to.call](Member& member) { member.claim_again(call); }});
}

bool Pool::has_room(std::size_t line) const {
  const std::scoped_lock lock(mutex_);
  return open_ < limits_.connections || queue_.size() < limits_.waiting || queue_.can_displace_for(line) ||
         std::ranges::any_of(seats_, [](const Seat& seat) { return seat.resting > 0; });
}

void Pool::left(bool was_opening) {
  Errand errand;
  {
    const std::scoped_lock lock(mutex_);
    --open_;
    if (was_opening) --opening_;
    if (opening_ < queue_.size() && open_ < limits_.connections) errand = start_opening();
  }
  send(std::move(errand));
}

Pool::Errand Pool::start_opening() {
  ++open_;
  ++opening_;
  const auto place = std::make_shared<Place>(shared_from_this());
  const Ticket first = queue_.front();
  return {first.member, [place, call = first.call](Member& member) { member.open_for(call, std::move(*place)); }};
}

void Pool::send(Errand errand) {
  if (errand.task == nullptr) return;
  loop::EventLoop* loop = nullptr;
  std::weak_ptr<Member> member;
  {
    const std::scoped_lock lock(mutex_);
    loop = seats_[errand.member].loop;
    member = seats_[errand.member].member;
  }
  if (loop == nullptr) return;
  loop->post([member = std::move(member), task = std::move(errand.task)] {
    if (const auto self = member.lock()) task(*self);
  });
}

}  // namespace pgw::upstream
