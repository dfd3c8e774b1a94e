#include "gateway/upstream/pool.h"

#include <algorithm>
#include <utility>

#include "gateway/upstream/connection.h"

namespace pgw::upstream {
namespace {

/// A line holds at most so many times what is left for the others.
constexpr std::size_t most_to_what_is_left = 3;

}  // namespace

Place& Place::operator=(Place&& other) noexcept {
  leave();
  pool_ = std::move(other.pool_);
  line_ = other.line_;
  is_opening_ = other.is_opening_;
  return *this;
}

Place::~Place() {
  leave();
}

void Place::leave() {
  if (const auto pool = std::exchange(pool_, nullptr)) pool->left(line_, is_opening_);
}

void Place::opened() {
  if (pool_ == nullptr || !std::exchange(is_opening_, false)) return;
  const std::scoped_lock lock(pool_->mutex_);
  --pool_->shares_.at(*line_).opening;
}

std::size_t Pool::join(loop::EventLoop& loop, std::weak_ptr<Member> member) {
  const std::scoped_lock lock(mutex_);
  seats_.push_back({&loop, std::move(member), 0});
  return seats_.size() - 1;
}

void Pool::part(std::size_t member) {
  const std::scoped_lock lock(mutex_);
  seats_[member] = {};
  queue_.remove_all(member);
}

void Pool::limit(Limits limits) {
  const std::scoped_lock lock(mutex_);
  limits_ = limits;
}

Pool::Claim Pool::claim(Ticket ticket) {
  Errand errand;
  Claim claim;
  {
    const std::scoped_lock lock(mutex_);
    const bool may_have = may_have_more(ticket.line);
    Seat& own = seats_[ticket.member];
    if (may_have && own.resting > 0) {
      --own.resting;
      hold(ticket.line);
      return {Claim::Answer::resting, {}};
    }
    claim.answer = Claim::Answer::wait;
    const auto other = std::ranges::max_element(seats_, {}, &Seat::resting);
    if (may_have && other->resting > 0) {
      hold(ticket.line);
      errand = lend_resting(*other, ticket);
    } else {
      if (queue_.size() >= limits_.waiting && !finds_place(ticket.line)) {
        const auto displaced = queue_.displace_for(ticket.line);
        if (!displaced) return {};
        errand = {displaced->member, [call = displaced->call](Member& member) { member.displaced(call); }};
      }
      queue_.push(ticket);
      if (may_have && open_ < limits_.connections && share(ticket.line).opening < queue_.size(ticket.line)) {
        claim = {Claim::Answer::open, begin_opening(ticket.line)};
      }
    }
  }
  send(std::move(errand));
  return claim;
}

bool Pool::withdraw(Ticket ticket) {
  const std::scoped_lock lock(mutex_);
  return queue_.remove(ticket);
}

std::optional<Ticket> Pool::release(std::size_t member, Place& place) {
  std::optional<Ticket> next;
  std::vector<Errand> errands;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto line = std::exchange(place.line_, std::nullopt)) give_back(*line);
    next = next_to_serve();
    if (next) {
      place.serves(next->line);
    } else {
      ++seats_[member].resting;
    }
    errands = hand_out_what_is_free();
  }
  send(std::move(errands));
  return next;
}

// It may have been promised to another member: `nothing_to_lend` settles that.
void Pool::lost_resting(std::size_t member) {
  const std::scoped_lock lock(mutex_);
  --seats_[member].resting;
}

void Pool::hand_over(Ticket to, std::unique_ptr<Connection> connection) {
  const auto handed = std::make_shared<std::unique_ptr<Connection>>(std::move(connection));
  send({to.member, [handed, call = to.call](Member& member) { member.receive(call, std::move(*handed)); }});
}

void Pool::nothing_to_lend(std::size_t from, Ticket to) {
  std::vector<Errand> errands;
  {
    const std::scoped_lock lock(mutex_);
    ++seats_[from].resting;  // the promise is off
    give_back(to.line);
    errands = hand_out_what_is_free();
  }
  send({to.member, [call = to.call](Member& member) { member.claim_again(call); }});
  send(std::move(errands));
}

bool Pool::has_room(std::size_t line) const {
  const std::scoped_lock lock(mutex_);
  if (queue_.size() < limits_.waiting || finds_place(line) || queue_.can_displace_for(line)) return true;
  return may_have_more(line) && std::ranges::any_of(seats_, [](const Seat& seat) { return seat.resting > 0; });
}

Pool::Share Pool::share(std::size_t line) const {
  const auto it = shares_.find(line);
  return it == shares_.end() ? Share{} : it->second;
}

bool Pool::may_have_more(std::size_t line) const {
  if (held_ >= limits_.connections) return false;
  const std::size_t held = share(line).held;
  const std::size_t left = limits_.connections - held_ - 1;
  return held == 0 || held + 1 <= most_to_what_is_left * left;
}

/// Whether a connection can be opened for one more request of the line, or is being opened and nobody waits for it.
bool Pool::finds_place(std::size_t line) const {
  return (open_ < limits_.connections && may_have_more(line)) || share(line).opening > queue_.size(line);
}

void Pool::hold(std::size_t line) {
  ++held_;
  ++shares_[line].held;
}

void Pool::give_back(std::size_t line) {
  --held_;
  const auto it = shares_.find(line);
  if (--it->second.held == 0) shares_.erase(it);
}

void Pool::left(std::optional<std::size_t> line, bool was_opening) {
  std::vector<Errand> errands;
  {
    const std::scoped_lock lock(mutex_);
    --open_;
    if (line) {
      if (was_opening) --shares_.at(*line).opening;
      give_back(*line);
    }
    errands = hand_out_what_is_free();
  }
  send(std::move(errands));
}

/// Takes it out of the queue, and counts the connection that it is going to get.
std::optional<Ticket> Pool::next_to_serve() {
  const auto line = queue_.next_line(
      [this](std::size_t of) { return may_have_more(of) ? std::optional(share(of).held) : std::nullopt; });
  if (!line) return std::nullopt;
  hold(*line);
  return queue_.pop(*line);
}

std::optional<std::size_t> Pool::next_to_open_for() const {
  return queue_.next_line([this](std::size_t line) {
    const Share own = share(line);
    return own.opening < queue_.size(line) && may_have_more(line) ? std::optional(own.held) : std::nullopt;
  });
}

Place Pool::begin_opening(std::size_t line) {
  ++open_;
  hold(line);
  ++shares_[line].opening;
  return {shared_from_this(), line};
}

/// A connection that comes free may make more than one line's requests welcome: each is counted against what is left.
std::vector<Pool::Errand> Pool::hand_out_what_is_free() {
  std::vector<Errand> errands;
  while (!queue_.empty()) {
    const auto from = std::ranges::max_element(seats_, {}, &Seat::resting);
    if (from->resting > 0) {
      const auto next = next_to_serve();
      if (!next) break;
      errands.push_back(lend_resting(*from, *next));
      continue;
    }
    const auto line = open_ < limits_.connections ? next_to_open_for() : std::nullopt;
    if (!line) break;
    const Ticket first = queue_.at(*line, share(*line).opening);
    const auto place = std::make_shared<Place>(begin_opening(*line));
    errands.push_back(
        {first.member, [place, call = first.call](Member& member) { member.open_for(call, std::move(*place)); }});
  }
  return errands;
}

Pool::Errand Pool::lend_resting(Seat& from, Ticket to) {
  --from.resting;
  return {static_cast<std::size_t>(&from - seats_.data()), [to](Member& member) { member.lend(to); }};
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

void Pool::send(std::vector<Errand> errands) {
  for (Errand& errand : errands) send(std::move(errand));
}

}  // namespace pgw::upstream
