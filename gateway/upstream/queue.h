// The requests that wait for a connection to the upstream, in the order in which they get one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>

namespace pgw::upstream {

/// A waiting request: which worker's client it belongs to, its number there, and the line (one for each team) it is in.
struct Ticket {
  std::size_t member = 0;
  std::uint64_t call = 0;
  std::size_t line = 0;

  bool operator==(const Ticket&) const = default;
};

/// First come, first served within one line; lines that weigh the same take turns. Not thread-safe.
class FairQueue {
 public:
  /// What a line has already; nothing: it must not have more now.
  using Weight = std::function<std::optional<std::size_t>(std::size_t line)>;

  void push(Ticket ticket);

  /// Which line is next: the one with the least weight, and among equals the one whose turn it is.
  std::optional<std::size_t> next_line(const Weight& weight) const;

  /// The first of a line that has some, which has had its turn then.
  Ticket pop(std::size_t line);

  /// The one with so many before it in its line, which has that many.
  const Ticket& at(std::size_t line, std::size_t place) const { return lines_.at(line)->tickets.at(place); }

  /// Whether it waited, and waits no more.
  bool remove(Ticket ticket);

  /// None of a worker's client waits any more.
  void remove_all(std::size_t member);

  /// Makes a place for one more of `line` where all places are taken: the newest of the longest line leaves, unless
  /// that line is hardly longer than this one. So no team can take all places from the others.
  std::optional<Ticket> displace_for(std::size_t line);
  bool can_displace_for(std::size_t line) const;

  std::size_t size() const { return size_; }
  std::size_t size(std::size_t line) const;
  bool empty() const { return size_ == 0; }

 private:
  struct Line {
    std::size_t number = 0;
    std::deque<Ticket> tickets;  // never empty
  };
  using Turns = std::list<Line>;

  Turns::const_iterator longest() const;
  void drop_if_empty(Turns::iterator line);

  Turns turns_;  // the line at the front has waited longest for its turn
  std::unordered_map<std::size_t, Turns::iterator> lines_;
  std::size_t size_ = 0;
};

}  // namespace pgw::upstream
