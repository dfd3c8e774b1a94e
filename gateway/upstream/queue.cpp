#include "gateway/upstream/queue.h"

#include <algorithm>

namespace pgw::upstream {

void FairQueue::push(std::size_t line, Ticket ticket) {
  auto it = lines_.find(line);
  if (it == lines_.end()) it = lines_.emplace(line, turns_.insert(turns_.end(), Line{line, {}})).first;
  it->second->tickets.push_back(ticket);
  ++size_;
}

std::optional<Ticket> FairQueue::pop() {
  if (turns_.empty()) return std::nullopt;
  const auto line = turns_.begin();
  const Ticket ticket = line->tickets.front();
  line->tickets.pop_front();
  --size_;
  turns_.splice(turns_.end(), turns_, line);
  drop_if_empty(line);
  return ticket;
}

bool FairQueue::remove(std::size_t line, Ticket ticket) {
  const auto it = lines_.find(line);
  if (it == lines_.end()) return false;
  auto& tickets = it->second->tickets;
  const auto at = std::ranges::find(tickets, ticket);
  if (at == tickets.end()) return false;
  tickets.erase(at);
  --size_;
  drop_if_empty(it->second);
  return true;
}

std::optional<Ticket> FairQueue::displace_for(std::size_t line) {
  if (!can_displace_for(line)) return std::nullopt;
  const auto it = lines_.at(longest()->number);
  const Ticket ticket = it->tickets.back();
  it->tickets.pop_back();
  --size_;
  drop_if_empty(it);
  return ticket;
}

bool FairQueue::can_displace_for(std::size_t line) const {
  if (turns_.empty()) return false;
  const auto own = lines_.find(line);
  return longest()->tickets.size() > (own == lines_.end() ? 0 : own->second->tickets.size()) + 1;
}

FairQueue::Turns::const_iterator FairQueue::longest() const {
  return std::ranges::max_element(turns_, {}, [](const Line& line) { return line.tickets.size(); });
}

void FairQueue::drop_if_empty(Turns::iterator line) {
  if (!line->tickets.empty()) return;
  lines_.erase(line->number);
  turns_.erase(line);
}

}  // namespace pgw::upstream
