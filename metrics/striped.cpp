#include "metrics/striped.h"

#include <algorithm>
#include <thread>

namespace pgw::metrics {

Stripes::Stripes(std::size_t cells)
    : lines_per_stripe_((cells + cells_per_line - 1) / cells_per_line),
      lines_(std::make_unique<Line[]>(lines_per_stripe_ * stripe_count())) {}

std::size_t Stripes::stripe_count() {
  static const std::size_t count = std::clamp(std::thread::hardware_concurrency(), 1U, 64U) + 1;
  return count;
}

std::size_t Stripes::own_stripe() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t stripe = std::min(next.fetch_add(1), stripe_count() - 1);
  return stripe;
}

std::uint64_t Stripes::sum(std::size_t cell) const {
  std::uint64_t total = 0;
  for (std::size_t stripe = 0; stripe < stripe_count(); ++stripe) {
    const Line& line = lines_[stripe * lines_per_stripe_ + cell / cells_per_line];
    total += line.cells[cell % cells_per_line].load(std::memory_order_relaxed);
  }
  return total;
}

void StripedCounter::flush() {
  const std::uint64_t total = count_.sum(0);
  target_.Increment(static_cast<double>(total - flushed_));
  flushed_ = total;
}

StripedHistogram::StripedHistogram(prometheus::Histogram& target, std::span<const double> bounds)
    : target_(target), bounds_(bounds), cells_(bounds.size() + 2), flushed_(bounds.size() + 2) {}

void StripedHistogram::Observe(double seconds) {
  constexpr double nanoseconds = 1e9;
  const auto bucket = std::ranges::lower_bound(bounds_, seconds) - bounds_.begin();
  auto writer = cells_.writer();
  writer.add(static_cast<std::size_t>(bucket), 1);
  writer.add(bounds_.size() + 1, static_cast<std::uint64_t>(std::max(seconds, 0.0) * nanoseconds));
}

void StripedHistogram::flush() {
  std::vector<double> increments(bounds_.size() + 1);
  for (std::size_t bucket = 0; bucket < increments.size(); ++bucket) {
    const std::uint64_t count = cells_.sum(bucket);
    increments[bucket] = static_cast<double>(count - flushed_[bucket]);
    flushed_[bucket] = count;
  }
  const std::size_t sum = increments.size();
  const std::uint64_t nanoseconds = cells_.sum(sum);
  target_.ObserveMultiple(increments, static_cast<double>(nanoseconds - flushed_[sum]) * 1e-9);
  flushed_[sum] = nanoseconds;
}

StripedCounter& StripedInstruments::of(prometheus::Counter& target) {
  const std::lock_guard lock(mutex_);
  return counters_.try_emplace(&target, target).first->second;
}

StripedHistogram& StripedInstruments::of(prometheus::Histogram& target, std::span<const double> bounds) {
  const std::lock_guard lock(mutex_);
  return histograms_.try_emplace(&target, target, bounds).first->second;
}

void StripedInstruments::flush() {
  const std::lock_guard lock(mutex_);
  for (auto& [target, counter] : counters_) counter.flush();
  for (auto& [target, histogram] : histograms_) histogram.flush();
}

}  // namespace pgw::metrics
