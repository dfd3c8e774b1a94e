// Who may have a connection to the upstream: one count, one queue and one view of the resting connections for all
// workers, and a share for each team.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/upstream/queue.h"

namespace pgw::upstream {

class Connection;
class Pool;

/// The right to have one connection. Whoever is allowed to open a connection gets one, and the connection keeps it;
/// its end is the connection's end, which may be another request's chance. Thread-safe.
class Place {
 public:
  Place() = default;
  Place(std::shared_ptr<Pool> pool, std::size_t line) : pool_(std::move(pool)), line_(line) {}
  Place(Place&&) noexcept = default;
  Place& operator=(Place&& other) noexcept;
  ~Place();

  /// The connection is open.
  void opened();

  /// The connection serves a request of this line now, which the pool has counted.
  void serves(std::size_t line) { line_ = line; }

 private:
  friend class Pool;

  void leave();

  std::shared_ptr<Pool> pool_;
  std::optional<std::size_t> line_;  // whose it is; nothing while the connection rests
  bool is_opening_ = true;
};

/// Thread-safe; shared by the clients of all workers. Each keeps its own resting connections, watched by its own loop;
/// the pool knows how many. What one client wants of another is posted to the other's loop.
///
/// A line (one for each team) holds the connections that serve its requests and those that are being opened for it. It
/// gets a further one only if it then holds at most three times as many as are left for others; a line that holds none
/// gets any. So one team alone holds at most three quarters of the connections, and each further one three quarters of
/// what it finds, however long their requests take. Of the lines that wait and may have more, the one that holds fewest
/// goes first, and among equals they take turns. (A single connection is for whoever's turn it is.)
///
/// Invariants: no request of a line that may have more waits while a connection rests; as long as such requests wait
/// and places are free, no fewer connections are being opened for a line than requests of it wait. So a connection that
/// is freed or opened always serves the request whose turn it is, on whichever worker.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  struct Limits {
    unsigned connections = 0;
    unsigned waiting = 0;
  };

  /// A worker's client. All calls come on its own loop's thread.
  class Member {
   public:
    virtual ~Member() = default;

    /// A place is free, and it is this waiting request's turn to have a connection opened.
    virtual void open_for(std::uint64_t call, Place place) = 0;

    /// One of the member's resting connections is wanted by a request of another member.
    virtual void lend(Ticket to) = 0;

    /// A connection for this request, which waited for it.
    virtual void receive(std::uint64_t call, std::unique_ptr<Connection> connection) = 0;

    /// What was to be lent to this request is gone: it claims once more.
    virtual void claim_again(std::uint64_t call) = 0;

    /// This request had to leave the queue to one of a team that has fewer waiting.
    virtual void displaced(std::uint64_t call) = 0;
  };

  std::size_t join(loop::EventLoop& loop, std::weak_ptr<Member> member);
  /// Its requests wait no more, and its loop is not posted to any more. Before the loop ends.
  void part(std::size_t member);
  void limit(Limits limits);

  struct Claim {
    enum class Answer {
      resting,  ///< use one of your own resting connections
      open,     ///< open one, with this place; until it, or another one, is there the request waits
      wait,     ///< until a connection is handed over
      refused,  ///< no connection and no place to wait for one
    };
    Answer answer = Answer::refused;
    Place place;
  };
  Claim claim(Ticket ticket);

  /// Whether the request waited, and waits no more.
  bool withdraw(Ticket ticket);

  /// A connection of `member`, with this place, is free: for this request. Nothing: it rests with the member.
  std::optional<Ticket> release(std::size_t member, Place& place);

  /// A resting connection of this member is no more.
  void lost_resting(std::size_t member);

  /// Hands a connection, which nothing watches any more, over to another member.
  void hand_over(Ticket to, std::unique_ptr<Connection> connection);
  /// `from` was asked to lend, and has nothing any more.
  void nothing_to_lend(std::size_t from, Ticket to);

  bool has_room(std::size_t line) const;

 private:
  friend class Place;

  struct Seat {
    loop::EventLoop* loop = nullptr;  // null: has parted
    std::weak_ptr<Member> member;
    std::ptrdiff_t resting = 0;  // less those that are promised: negative where promised ones have gone
  };
  /// To be posted once the lock is released: what is refused by a loop that has stopped ends there, and its end may
  /// come back here.
  struct Errand {
    std::size_t member = 0;
    std::function<void(Member&)> task;
  };

  /// What a line has of the connections.
  struct Share {
    std::size_t held = 0;  // those that are being opened included
    std::size_t opening = 0;
  };

  Share share(std::size_t line) const;
  bool may_have_more(std::size_t line) const;
  bool finds_place(std::size_t line) const;
  void hold(std::size_t line);
  void give_back(std::size_t line);
  void left(std::optional<std::size_t> line, bool was_opening);

  std::optional<Ticket> next_to_serve();
  std::optional<std::size_t> next_to_open_for() const;
  Place begin_opening(std::size_t line);
  std::vector<Errand> hand_out_what_is_free();
  Errand lend_resting(Seat& from, Ticket to);
  void send(Errand errand);
  void send(std::vector<Errand> errands);

  mutable std::mutex
      mutex_;  // guards all below; held for a few instructions, twice for each request that goes upstream
  std::vector<Seat> seats_;
  Limits limits_;
  FairQueue queue_;
  std::size_t open_ = 0;  // connections, those that are being opened included
  std::size_t held_ = 0;
  std::unordered_map<std::size_t, Share> shares_;  // of the lines that hold any
};

}  // namespace pgw::upstream
