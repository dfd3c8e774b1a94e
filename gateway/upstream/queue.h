// The requests that wait for a connection to the upstream, in the order in which they get one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>

namespace pgw::upstream {

/// A waiting request: which worker's client it belongs to, and its number there.
struct Ticket {
  std::size_t member = 0;
  std::uint64_t call = 0;

  bool operator==(const Ticket&) const = default;
};

/// First come, first served within one line; the lines (one for each team) take turns. Not thread-safe.
class FairQueue {
 public:
  void push(std::size_t line, Ticket ticket);

  /// The next one to be served.
  std::optional<Ticket> pop();
  const Ticket& front() const { return turns_.front().tickets.front(); }

  /// Whether it waited, and waits no more.
  bool remove(std::size_t line, Ticket ticket);

  /// Makes a place for one more of `line` where all places are taken: the newest of the longest line leaves, unless
  /// that line is hardly longer than this one. So no team can take all places from the others.
  std::optional<Ticket> displace_for(std::size_t line);
  bool can_displace_for(std::size_t line) const;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  struct Line {
    std::size_t number = 0;
    std::deque<Ticket> tickets;  // never empty
  };
  using Turns = std::list<Line>;

  Turns::const_iterator longest() const;
  void drop_if_empty(Turns::iterator line);

  Turns turns_;  // the line at the front is the next to be served
  std::unordered_map<std::size_t, Turns::iterator> lines_;
  std::size_t size_ = 0;
};

}  // namespace pgw::upstream
