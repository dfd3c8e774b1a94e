#include "gateway/pipeline/outage_log.h"

#include "support/catch.h"

using namespace pgw::pipeline;
using namespace std::chrono_literals;

namespace {
const OutageLog::TimePoint outage_start{1h};
}

TEST_CASE("an outage is told when it begins, once a minute, and when it ends, however many requests it meets") {
  OutageLog log;
  CHECK(log.failed(outage_start)->failures == 1);
  int lines = 0;
  for (int i = 1; i <= 100'000; ++i) lines += log.failed(outage_start + i * 1ms) ? 1 : 0;
  CHECK(lines == 1);  // at the minute
  const auto end = log.answered(outage_start + 102s);
  REQUIRE(end);
  CHECK(end->failures == 40'000);
  CHECK(end->lasted == 102s);
  CHECK_FALSE(log.answered(outage_start + 103s));
}

TEST_CASE("one answer between failures ends no outage") {
  OutageLog log;
  CHECK(log.failed(outage_start));
  CHECK_FALSE(log.answered(outage_start + 10ms));
  CHECK_FALSE(log.failed(outage_start + 20ms));
  CHECK(log.answered(outage_start + 2s));
}

TEST_CASE("an upstream that fails and answers by turns is told of a few times a minute") {
  OutageLog log;
  int lines = 0;
  for (int i = 0; i < 30; ++i) {
    lines += log.failed(outage_start + i * 2s) ? 1 : 0;
    lines += log.answered(outage_start + i * 2s + 1500ms) ? 1 : 0;
  }
  CHECK(lines <= 12);
}
