#include "traces.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace pgw::bench {
namespace {

constexpr std::uint64_t kSeed = 20231105;

class Zipf {
 public:
  Zipf(std::size_t keys, double exponent) : random_(kSeed) {
    double sum = 0;
    for (std::size_t rank = 1; rank <= keys; ++rank) {
      sum += 1 / std::pow(static_cast<double>(rank), exponent);
      sums_.push_back(sum);
    }
  }

  // A rank, counted from 0.
  std::uint32_t draw() {
    const double point = std::uniform_real_distribution<double>(0, sums_.back())(random_);
    return static_cast<std::uint32_t>(std::lower_bound(sums_.begin(), sums_.end(), point) - sums_.begin());
  }

 private:
  std::mt19937_64 random_;
  std::vector<double> sums_;
};

}  // namespace

Trace zipf(std::size_t length, std::size_t keys, double exponent) {
  return zipf_with_scans(length, keys, exponent, length, 0);
}

Trace zipf_with_scans(std::size_t length, std::size_t keys, double exponent, std::size_t period, std::size_t scan) {
  Zipf popular(keys, exponent);
  Trace trace;
  auto fresh = static_cast<std::uint32_t>(keys);
  while (trace.size() < length) {
    for (std::size_t i = 0; i < period; ++i) trace.push_back(popular.draw());
    for (std::size_t i = 0; i < scan; ++i) trace.push_back(fresh++);
  }
  return trace;
}

Trace zipf_that_shifts(std::size_t length, std::size_t keys, double exponent, std::size_t period) {
  Zipf popular(keys, exponent);
  Trace trace;
  std::size_t shift = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % period == 0) shift += keys / 10;
    trace.push_back(static_cast<std::uint32_t>((popular.draw() + shift) % keys));
  }
  return trace;
}

Trace loop(std::size_t length, std::size_t keys) {
  Trace trace;
  for (std::size_t i = 0; i < length; ++i) trace.push_back(static_cast<std::uint32_t>(i % keys));
  return trace;
}

Trace zipf_with_loop(std::size_t length, std::size_t keys, double exponent) {
  const std::size_t half = keys / 2;
  Zipf popular(half, exponent);
  Trace trace;
  for (std::size_t i = 0; i < length; i += 2) {
    trace.push_back(popular.draw());
    trace.push_back(static_cast<std::uint32_t>(half + i / 2 % half));
  }
  return trace;
}

}  // namespace pgw::bench
