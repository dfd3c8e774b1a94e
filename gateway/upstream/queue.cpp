#include "gateway/upstream/queue.h"

#include <algorithm>

namespace pgw::upstream {

void FairQueue::push(Ticket ticket) {
  auto it = lines_.find(ticket.line);
  if (it == lines_.end()) {
    it = lines_.emplace(ticket.line, turns_.insert(turns_.end(), Line{ticket.line, {}})).first;
  }
  it->second->tickets.push_back(ticket);
  ++size_;
}

std::optional<std::size_t> FairQueue::next_line(const Weight& weight) const {
  std::optional<std::size_t> next;
  std::size_t least = 0;
  for (const Line& line : turns_) {
    const auto own = weight(line.number);
    if (!own || (next && *own >= least)) continue;
    next = line.number;
    least = *own;
  }
  return next;
}

Ticket FairQueue::pop(std::size_t number) {
  const auto line = lines_.at(number);
  const Ticket ticket = line->tickets.front();
  line->tickets.pop_front();
  --size_;
  turns_.splice(turns_.end(), turns_, line);
  drop_if_empty(line);
  return ticket;
}

bool FairQueue::remove(Ticket ticket) {
  const auto it = lines_.find(ticket.line);
  if (it == lines_.end()) return false;
  auto& tickets = it->second->tickets;
  const auto at = std::ranges::find(tickets, ticket);
  if (at == tickets.end()) return false;
  tickets.erase(at);
  --size_;
  drop_if_empty(it->second);
  return true;
}

void FairQueue::remove_all(std::size_t member) {
  for (auto line = turns_.begin(); line != turns_.end();) {
    const auto here = line++;
    size_ -= std::erase_if(here->tickets, [member](const Ticket& ticket) { return ticket.member == member; });
    drop_if_empty(here);
  }
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
  return longest()->tickets.size() > size(line) + 1;
}

std::size_t FairQueue::size(std::size_t line) const {
  const auto it = lines_.find(line);
  return it == lines_.end() ? 0 : it->second->tickets.size();
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
