#include "metrics/process.h"

#include <cmath>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "support/catch.h"

using pgw::metrics::ProcessCollector;

namespace {

std::map<std::string, double> collected() {
  std::map<std::string, double> out;
  for (const auto& family : ProcessCollector().Collect()) {
    REQUIRE(family.metric.size() == 1);
    const bool counter = family.type == prometheus::MetricType::Counter;
    out[family.name] = counter ? family.metric[0].counter.value : family.metric[0].gauge.value;
  }
  return out;
}

}  // namespace

TEST_CASE("the process metrics are those of the Prometheus client libraries") {
  const auto metrics = collected();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_threads", "process_start_time_seconds"}) {
    INFO(name);
    CHECK(metrics.contains(name));
  }
  CHECK(metrics.size() == 7);
}

TEST_CASE("an opened file shows in process_open_fds") {
  const double before = collected().at("process_open_fds");
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  CHECK(collected().at("process_open_fds") == before + 1);
  ::close(fd);
  CHECK(collected().at("process_open_fds") == before);
}

TEST_CASE("touched memory shows in process_resident_memory_bytes") {
  constexpr std::size_t size = 64UL * 1024 * 1024;
  const double before = collected().at("process_resident_memory_bytes");
  const std::vector<char> touched(size, 'x');
  CHECK(collected().at("process_resident_memory_bytes") >= before + size / 2.0);
  CHECK(touched.back() == 'x');
}

TEST_CASE("CPU time agrees with the kernel's own account") {
  const auto spent = [] {
    rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  };
  const double begin = spent();
  while (spent() - begin < 0.1) {
  }
  CHECK(std::abs(collected().at("process_cpu_seconds_total") - spent()) < 0.05);
}

TEST_CASE("the limit of descriptors is the kernel's") {
  rlimit limit = {};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(collected().at("process_max_fds") == static_cast<double>(limit.rlim_cur));
}

TEST_CASE("the start time lies in the past and within this boot") {
  const double start = collected().at("process_start_time_seconds");
  const auto now = static_cast<double>(std::time(nullptr));
  timespec up = {};
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  CHECK(start <= now + 1);
  CHECK(start >= now - static_cast<double>(up.tv_sec) - 2);
}
