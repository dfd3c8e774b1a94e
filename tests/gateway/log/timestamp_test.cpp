#include <chrono>

#include "gateway/log/log.h"
#include "support/catch.h"

using namespace std::chrono;

TEST_CASE("timestamps have milliseconds, whether the second is new or not") {
  const auto [time, text] = GENERATE(table<std::int64_t, std::string>({
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {999, "1970-01-01T00:00:00.999Z"},
      {1'000, "1970-01-01T00:00:01.000Z"},
      {1'769'903'999'123, "2026-01-31T23:59:59.123Z"},
      {1'769'904'000'000, "2026-02-01T00:00:00.000Z"},
  }));
  for (int time_again = 0; time_again < 2; ++time_again) {
    CHECK(pgw::log::timestamp(sys_time<milliseconds>(milliseconds(time))) == text);
  }
}
