// Who gets a connection, in which order, and how many of them: with places alone, without a socket.
#include "gateway/upstream/pool.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <pistache/os.h>

#include "gateway/loop/event_loop.h"
#include "gateway/upstream/connection.h"
#include "support/catch.h"

namespace pgw::upstream {
namespace {

/// A worker whose connections are their places alone, open as soon as they may be.
class Desk final : public Pool::Member, public std::enable_shared_from_this<Desk> {
 public:
  Desk() = default;
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  static std::shared_ptr<Desk> with(Pool::Limits limits) {
    auto desk = std::make_shared<Desk>();
    desk->loop_.attach(desk->epoll_);
    desk->pool_->limit(limits);
    desk->member_ = desk->pool_->join(desk->loop_, desk);
    return desk;
  }

  ~Desk() override { pool_->part(member_); }

  void ask(std::size_t line, unsigned times = 1) {
    for (; times > 0; --times) {
      const Ticket ticket{member_, ++last_call_, line};
      lines_[ticket.call] = line;
      auto claim = pool_->claim(ticket);
      if (claim.answer == Pool::Claim::Answer::resting) serve(line, take_resting());
      if (claim.answer == Pool::Claim::Answer::open) open_for(ticket.call, std::move(claim.place));
      if (claim.answer == Pool::Claim::Answer::refused) ++refused[line];
      run_posted();
    }
  }

  /// The oldest of the line's requests has been answered: its connection is free.
  void finish(std::size_t line, unsigned times = 1) {
    for (; times > 0; --times) {
      hand_out(take_serving(line));
      run_posted();
    }
  }

  /// The oldest of the line's requests is over, and so is its connection.
  void break_off(std::size_t line) {
    { const Place gone = take_serving(line); }
    run_posted();
  }

  std::size_t held(std::size_t line) { return serving_[line].size(); }
  bool has_room(std::size_t line) const { return pool_->has_room(line); }

  std::vector<std::size_t> served;  ///< lines, in their order
  std::map<std::size_t, unsigned> refused;

 private:
  void open_for(std::uint64_t /*call*/, Place place) override {
    place.opened();
    hand_out(std::move(place));
  }
  void lend(Ticket to) override {
    Place place = take_resting();
    place.serves(to.line);
    serve(to.line, std::move(place));
  }
  void receive(std::uint64_t, std::unique_ptr<Connection>) override { FAIL("there is no other member"); }
  void claim_again(std::uint64_t) override { FAIL("what rests stays"); }
  void displaced(std::uint64_t call) override { ++refused[lines_.at(call)]; }

  void hand_out(Place place) {
    const auto next = pool_->release(member_, place);
    if (next) {
      serve(next->line, std::move(place));
    } else {
      resting_.push_back(std::move(place));
    }
  }

  void serve(std::size_t line, Place place) {
    place.serves(line);
    served.push_back(line);
    serving_[line].push_back(std::move(place));
  }

  Place take_resting() {
    REQUIRE_FALSE(resting_.empty());
    Place place = std::move(resting_.back());
    resting_.pop_back();
    return place;
  }

  Place take_serving(std::size_t line) {
    REQUIRE_FALSE(serving_[line].empty());
    Place place = std::move(serving_[line].front());
    serving_[line].pop_front();
    return place;
  }

  void run_posted() {
    std::vector<Pistache::Polling::Event> events;
    while (epoll_.poll(events, std::chrono::milliseconds(0)) > 0) {
      for (const auto& event : events) loop_.dispatch(event.tag.value(), loop::EventLoop::read);
      events.clear();
    }
  }

  Pistache::Polling::Epoll epoll_;
  loop::EventLoop loop_{0};
  const std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
  std::size_t member_ = 0;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, std::size_t> lines_;
  std::vector<Place> resting_;
  std::map<std::size_t, std::deque<Place>> serving_;
};

constexpr unsigned much = 100;

}  // namespace

TEST_CASE("pool: one team alone holds three quarters of the connections, and the next finds one") {
  const auto [connections, most] =
      GENERATE(table<unsigned, std::size_t>({{1, 1}, {2, 1}, {3, 2}, {4, 3}, {8, 6}, {64, 48}}));
  const auto desk = Desk::with({connections, much});
  desk->ask(1, much);
  CHECK(desk->held(1) == most);
  desk->ask(2);
  CHECK(desk->held(2) == (connections == 1 ? 0 : 1));
}

TEST_CASE("pool: each team that wants all it can get leaves a quarter of what it found") {
  const auto desk = Desk::with({64, 10 * much});
  for (std::size_t team = 1; team <= 3; ++team) desk->ask(team, much);
  CHECK(desk->held(1) == 48);
  CHECK(desk->held(2) == 12);
  CHECK(desk->held(3) == 3);
  desk->ask(4);
  CHECK(desk->held(4) == 1);
}

TEST_CASE("pool: teams that want more come to hold the same, the one that holds fewest first") {
  const auto desk = Desk::with({16, much});
  desk->ask(1, 40);
  desk->ask(2, 40);
  CHECK(desk->held(1) == 12);
  CHECK(desk->held(2) == 3);
  desk->served.clear();
  desk->finish(1, 4);
  CHECK(desk->served == std::vector<std::size_t>{2, 2, 2});
  desk->finish(1, 2);
  CHECK(desk->held(1) + desk->held(2) == 13);
  CHECK(std::max(desk->held(1), desk->held(2)) == 7);
}

TEST_CASE("pool: what a team may not have rests for the others, until the team holds less of what there is") {
  const auto desk = Desk::with({4, much});
  desk->ask(1, 4);
  desk->ask(2);
  REQUIRE(desk->held(1) == 3);
  desk->finish(1);
  desk->ask(3);
  CHECK(desk->held(1) == 2);
  CHECK(desk->held(3) == 1);
  desk->finish(2);
  desk->finish(3);
  CHECK(desk->held(1) == 3);
}

TEST_CASE("pool: a connection that broke is no more its team's, and another is opened for who waits") {
  const auto desk = Desk::with({4, much});
  desk->ask(1, 5);
  REQUIRE(desk->held(1) == 3);
  desk->break_off(1);
  CHECK(desk->held(1) == 3);
  desk->break_off(1);
  desk->break_off(1);
  CHECK(desk->served.size() == 5);
}

TEST_CASE("pool: a team that has all of its connections waits or is refused, while others find theirs") {
  const auto desk = Desk::with({4, 2});
  desk->ask(1, 6);
  CHECK(desk->held(1) == 3);
  CHECK(desk->refused[1] == 1);
  CHECK_FALSE(desk->has_room(1));
  CHECK(desk->has_room(2));
  desk->ask(2);
  CHECK(desk->held(2) == 1);
  desk->ask(3);  // waits in place of the newest of the first
  CHECK(desk->refused[1] == 2);
  CHECK(desk->refused[3] == 0);
}

/// A worker whose part the test plays.
class Puppet final : public Pool::Member {
  void open_for(std::uint64_t, Place) override {}
  void lend(Ticket) override {}
  void receive(std::uint64_t, std::unique_ptr<Connection>) override {}
  void claim_again(std::uint64_t) override {}
  void displaced(std::uint64_t) override {}
};

TEST_CASE("a connection that was promised to another worker, and closed before it was lent, is counted no more") {
  using Answer = Pool::Claim::Answer;
  const auto pool = std::make_shared<Pool>();
  loop::EventLoop loop(0);
  loop::EventLoop other_loop(1);
  const auto puppet = std::make_shared<Puppet>();
  const auto other_puppet = std::make_shared<Puppet>();
  pool->limit({.connections = 4, .waiting = 8});
  const auto worker = pool->join(loop, puppet);
  const auto other = pool->join(other_loop, other_puppet);
  const auto opened = [&](std::uint64_t call) {
    auto claim = pool->claim({worker, call, 1});
    REQUIRE(claim.answer == Answer::open);
    claim.place.opened();
    REQUIRE(pool->release(worker, claim.place));  // to the request that waits for it
    return std::move(claim.place);
  };

  {
    Place first = opened(1);
    REQUIRE_FALSE(pool->release(worker, first));
    REQUIRE(pool->claim({other, 1, 2}).answer == Answer::wait);  // the first one is promised
    pool->lost_resting(worker);
  }
  Place second = opened(2);
  REQUIRE_FALSE(pool->release(worker, second));
  second.serves(2);  // lent, as was promised
  CHECK(pool->claim({worker, 3, 1}).answer != Answer::resting);
  pool->part(worker);
  pool->part(other);
}

}  // namespace pgw::upstream
