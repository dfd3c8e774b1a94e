#include "metrics/process.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace pgw::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {std::move(name), std::move(help), type, {std::move(metric)}};
}

std::optional<std::string> contents(const char* path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The fields of /proc/self/stat that are used here, by their numbers in proc(5).
struct Stat {
  std::uint64_t user_ticks = 0;      // (14) utime
  std::uint64_t system_ticks = 0;    // (15) stime
  std::uint64_t threads = 0;         // (20) num_threads
  std::uint64_t start_ticks = 0;     // (22) starttime, since boot
  std::uint64_t virtual_bytes = 0;   // (23) vsize
  std::uint64_t resident_pages = 0;  // (24) rss
};

std::optional<Stat> read_stat() {
  const auto text = contents("/proc/self/stat");
  if (!text) return std::nullopt;
  // The second field is the command in parentheses and may hold anything, so counting starts behind the last one.
  const auto command_end = text->rfind(')');
  if (command_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(command_end + 1));
  Stat stat;
  std::string field;
  for (int number = 3; number <= 24 && fields >> field; ++number) {
    const auto value = [&] { return std::strtoull(field.c_str(), nullptr, 10); };
    switch (number) {
      case 14:
        stat.user_ticks = value();
        break;
      case 15:
        stat.system_ticks = value();
        break;
      case 20:
        stat.threads = value();
        break;
      case 22:
        stat.start_ticks = value();
        break;
      case 23:
        stat.virtual_bytes = value();
        break;
      case 24:
        stat.resident_pages = value();
        break;
      default:
        break;
    }
  }
  if (!fields) return std::nullopt;
  return stat;
}

/// When the machine booted, in Unix time: "btime N" of /proc/stat.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view name = "btime ";
    if (line.starts_with(name)) return std::strtod(line.c_str() + name.size(), nullptr);
  }
  return std::nullopt;
}

void add_stat(std::vector<MetricFamily>& out) {
  const auto stat = read_stat();
  if (!stat) return;
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page_size = static_cast<double>(::sysconf(_SC_PAGESIZE));
  out.push_back(family("process_cpu_seconds_total", "User and system CPU time that the process has taken, in seconds.",
                       MetricType::Counter,
                       static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks_per_second));
  out.push_back(family("process_resident_memory_bytes", "Memory of the process in RAM, in bytes.", MetricType::Gauge,
                       static_cast<double>(stat->resident_pages) * page_size));
  out.push_back(family("process_virtual_memory_bytes", "Address space of the process, in bytes.", MetricType::Gauge,
                       static_cast<double>(stat->virtual_bytes)));
  out.push_back(
      family("process_threads", "Threads of the process.", MetricType::Gauge, static_cast<double>(stat->threads)));
  if (const auto boot = boot_time()) {
    out.push_back(family("process_start_time_seconds", "When the process started, in seconds since 1970.",
                         MetricType::Gauge, *boot + static_cast<double>(stat->start_ticks) / ticks_per_second));
  }
}

void add_descriptors(std::vector<MetricFamily>& out) {
  std::error_code error;
  const std::filesystem::directory_iterator directory("/proc/self/fd", error);
  if (!error) {
    // The directory itself is open while it is read.
    const auto open = std::distance(begin(directory), end(directory)) - 1;
    out.push_back(family("process_open_fds", "Open file descriptors.", MetricType::Gauge, static_cast<double>(open)));
  }
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.push_back(family("process_max_fds", "How many file descriptors may be open.", MetricType::Gauge,
                         static_cast<double>(limit.rlim_cur)));
  }
}

}  // namespace

std::vector<MetricFamily> ProcessCollector::Collect() const {
  std::vector<MetricFamily> families;
  add_stat(families);
  add_descriptors(families);
  return families;
}

}  // namespace pgw::metrics
