// Resolved time series: found by a number instead of by their labels.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace pgw::metrics {

/// `Size` time series of one family that come into being when they are first asked for. Thread-safe; once made, a
/// series costs one atomic load. References stay valid as long as the registry.
template <typename Instrument, std::size_t Size>
class LazySeries {
 public:
  /// `make` must be thread-safe and give the same instrument for the same index, as `prometheus::Family::Add` does.
  using Make = std::function<Instrument&(std::size_t index)>;

  explicit LazySeries(Make make) : make_(std::move(make)) {}

  /// `index` must be less than `Size`.
  Instrument& at(std::size_t index) {
    if (Instrument* known = slots_[index].load(std::memory_order_acquire)) return *known;
    Instrument& made = make_(index);
    slots_[index].store(&made, std::memory_order_release);
    return made;
  }

 private:
  const Make make_;
  std::array<std::atomic<Instrument*>, Size> slots_{};
};

}  // namespace pgw::metrics
