#include "latencies.h"

#include <algorithm>

namespace pgw::bench {

double Latencies::microseconds_at(double quantile) const {
  if (all_.empty()) return 0;
  const auto index = static_cast<std::size_t>(quantile * static_cast<double>(all_.size() - 1));
  return static_cast<double>(all_[index]) / 1000;
}

std::string Latencies::json_members() {
  std::sort(all_.begin(), all_.end());
  return "\"p50_us\":" + std::to_string(microseconds_at(0.5)) + ",\"p99_us\":" + std::to_string(microseconds_at(0.99)) +
         ",\"p999_us\":" + std::to_string(microseconds_at(0.999)) + ",\"max_us\":" + std::to_string(microseconds_at(1));
}

}  // namespace pgw::bench
