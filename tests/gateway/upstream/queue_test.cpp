#include "gateway/upstream/queue.h"

#include <vector>

#include "support/catch.h"

using pgw::upstream::FairQueue;
using pgw::upstream::Ticket;

namespace {

std::vector<std::uint64_t> order_of(FairQueue& queue) {
  std::vector<std::uint64_t> calls;
  while (const auto line = queue.next_line([](std::size_t) { return 0; })) calls.push_back(queue.pop(*line).call);
  return calls;
}

}  // namespace

TEST_CASE("queue: within a line the first to come is the first to be served") {
  FairQueue queue;
  for (std::uint64_t call = 1; call <= 5; ++call) queue.push({call % 2, call, 7});
  CHECK(order_of(queue) == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK(queue.empty());
}

TEST_CASE("queue: lines take turns, however long one of them is") {
  FairQueue queue;
  for (std::uint64_t call = 1; call <= 6; ++call) queue.push({0, call, 0});
  queue.push({0, 11, 1});
  queue.push({0, 12, 1});
  queue.push({0, 21, 2});
  CHECK(order_of(queue) == std::vector<std::uint64_t>{1, 11, 21, 2, 12, 3, 4, 5, 6});
}

TEST_CASE("queue: what left is not served") {
  FairQueue queue;
  for (std::uint64_t call = 1; call <= 3; ++call) queue.push({0, call, 0});
  queue.push({0, 11, 1});
  CHECK(queue.remove({0, 2, 0}));
  CHECK_FALSE(queue.remove({0, 2, 0}));
  CHECK_FALSE(queue.remove({1, 11, 1}));
  CHECK(queue.remove({0, 11, 1}));
  CHECK(queue.size() == 2);
  CHECK(order_of(queue) == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("queue: a client that is gone waits no more") {
  FairQueue queue;
  for (std::uint64_t call = 1; call <= 4; ++call) queue.push({call % 2, call, 0});
  queue.push({1, 11, 1});
  queue.remove_all(1);
  CHECK(queue.size() == 2);
  CHECK(queue.size(1) == 0);
  CHECK(order_of(queue) == std::vector<std::uint64_t>{2, 4});
}

TEST_CASE("queue: a full queue makes room for a short line at the end of the longest") {
  FairQueue queue;
  for (std::uint64_t call = 1; call <= 4; ++call) queue.push({0, call, 0});
  CHECK_FALSE(queue.can_displace_for(0));
  REQUIRE(queue.can_displace_for(1));
  CHECK(queue.displace_for(1) == Ticket{0, 4});
  queue.push({0, 11, 1});
  CHECK(queue.displace_for(1) == Ticket{0, 3});
  queue.push({0, 12, 1});
  CHECK_FALSE(queue.displace_for(1).has_value());
  CHECK(order_of(queue) == std::vector<std::uint64_t>{1, 11, 2, 12});
}
