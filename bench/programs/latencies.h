// Latencies of many requests, and what is said of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pgw::bench {

class Latencies {
 public:
  using Duration = std::chrono::nanoseconds;

  explicit Latencies(std::size_t expected) { all_.reserve(expected); }

  void add(Duration latency) { all_.push_back(latency.count()); }
  std::size_t count() const { return all_.size(); }

  /// `"p50_us":..,"p99_us":..,"p999_us":..,"max_us":..`, zeros without any. Sorts.
  std::string json_members();

 private:
  double microseconds_at(double quantile) const;
  std::vector<std::int64_t> all_;
};

}  // namespace pgw::bench
