#include "gateway/pipeline/access_log.h"

#include "support/catch.h"

using namespace pgw::pipeline;
using namespace std::chrono_literals;

namespace {
const std::chrono::sys_time<std::chrono::milliseconds> first_second{1'000'000s};
}

TEST_CASE("of refusals a hundred a second get lines, and the others are counted") {
  RefusalSampler sampler;
  std::uint64_t lines = 0;
  for (int i = 0; i < 40'000; ++i)
    lines += sampler.takes(std::chrono::floor<std::chrono::milliseconds>(first_second + i * 10us)) ? 1 : 0;
  CHECK(lines == RefusalSampler::lines_per_second);
  CHECK(sampler.take_left_out(first_second + 500ms) == 0);  // their second isn't over
  CHECK(sampler.take_left_out(first_second + 1s) == 40'000 - RefusalSampler::lines_per_second);
  CHECK(sampler.take_left_out(first_second + 1s) == 0);
  CHECK(sampler.takes(first_second + 1s));
}

TEST_CASE("what was left out is not lost where the next second is as busy") {
  RefusalSampler sampler;
  std::uint64_t lines = 0;
  std::uint64_t left_out = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto time = std::chrono::floor<std::chrono::milliseconds>(first_second + i * 1ms);
    left_out += sampler.take_left_out(time);
    lines += sampler.takes(time) ? 1 : 0;
  }
  left_out += sampler.take_left_out(first_second + 4s);
  CHECK(lines == 3 * RefusalSampler::lines_per_second);
  CHECK(lines + left_out == 3'000);
}
