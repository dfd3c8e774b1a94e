#include "gateway/pipeline/runtime.h"

#include <tuple>

#include "support/catch.h"

using namespace pgw::pipeline;

TEST_CASE("the workers' shares of the upstream add up to what the settings say") {
  auto [workers, connections, waiting] = GENERATE(table<unsigned, unsigned, unsigned>({
      {1, 1, 0},
      {1, 64, 1'024},
      {2, 3, 1},
      {3, 64, 1'024},
      {8, 8, 1'024},
      {8, 65'535, 7},
  }));
  Runtime runtime;
  runtime.settings.workers = workers;
  runtime.target.max_connections = connections;
  runtime.target.max_waiting = waiting;
  unsigned connections_of_all = 0;
  unsigned waiting_of_all = 0;
  for (unsigned worker = 0; worker < workers; ++worker) {
    const auto share = share_of_worker(runtime, worker);
    CHECK(share.max_connections >= connections / workers);
    CHECK(share.max_connections <= connections / workers + 1);
    connections_of_all += share.max_connections;
    waiting_of_all += share.max_waiting;
  }
  CHECK(connections_of_all == connections);
  CHECK(waiting_of_all == waiting);
}
