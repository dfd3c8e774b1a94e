// Instruments for what every request moves: as many threads as there are may count at once without sharing a cache line
// or locking one. prometheus-cpp's own are a compare-and-swap per counter and a mutex per histogram, all of them on
// lines that two workers would pass to and fro.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace pgw::metrics {

/// A number of cells in several copies. The first threads that count get a copy of their own each, as many as the
/// machine has hardware threads; later ones share the last copy.
class Stripes {
  static constexpr std::size_t cache_line = 64;
  static constexpr std::size_t cells_per_line = cache_line / sizeof(std::uint64_t);
  struct alignas(cache_line) Line {
    std::array<std::atomic<std::uint64_t>, cells_per_line> cells{};
  };

 public:
  explicit Stripes(std::size_t cells);

  class Writer {
   public:
    void add(std::size_t cell, std::uint64_t amount) {
      auto& value = lines_[cell / cells_per_line].cells[cell % cells_per_line];
      if (is_shared_) {
        value.fetch_add(amount, std::memory_order_relaxed);
      } else {  // nobody else writes here, so the addition needs no lock on the line: 20 cycles less
        value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
      }
    }

   private:
    friend class Stripes;
    Writer(Line* lines, bool is_shared) : lines_(lines), is_shared_(is_shared) {}
    Line* lines_;
    bool is_shared_;
  };

  /// The calling thread's copy.
  Writer writer() {
    const std::size_t stripe = own_stripe();
    return {&lines_[stripe * lines_per_stripe_], stripe + 1 == stripe_count()};
  }

  /// Over all copies.
  std::uint64_t sum(std::size_t cell) const;

 private:
  static std::size_t stripe_count();
  static std::size_t own_stripe();

  const std::size_t lines_per_stripe_;
  const std::unique_ptr<Line[]> lines_;
};

// Each stands before an instrument of prometheus-cpp, which gets what was counted when `flush` is called, by one thread
// at a time. The rest is thread-safe.

class StripedCounter {
 public:
  explicit StripedCounter(prometheus::Counter& target) : target_(target) {}
  void Increment() { count_.writer().add(0, 1); }
  void flush();

 private:
  prometheus::Counter& target_;
  Stripes count_{1};
  std::uint64_t flushed_ = 0;
};

class StripedGauge {
 public:
  explicit StripedGauge(prometheus::Gauge& target) : target_(target) {}
  void Increment() { level_.writer().add(0, 1); }
  void Decrement() { level_.writer().add(0, static_cast<std::uint64_t>(-1)); }
  void flush() { target_.Set(static_cast<double>(static_cast<std::int64_t>(level_.sum(0)))); }

 private:
  prometheus::Gauge& target_;
  Stripes level_{1};  // modulo 2^64
};

class StripedHistogram {
 public:
  /// `bounds`: the target's, and valid as long as this object.
  StripedHistogram(prometheus::Histogram& target, std::span<const double> bounds);

  /// `seconds` is kept to the nanosecond.
  void Observe(double seconds);
  void flush();

 private:
  prometheus::Histogram& target_;
  const std::span<const double> bounds_;
  Stripes cells_;  // a count per bucket, the last without a bound; then the sum in nanoseconds
  std::vector<std::uint64_t> flushed_;
};

/// The striped instruments of a registry, one for each target. Thread-safe; references stay valid as long as this.
class StripedInstruments {
 public:
  StripedCounter& of(prometheus::Counter& target);
  StripedHistogram& of(prometheus::Histogram& target, std::span<const double> bounds);

  /// To be called before the targets are read.
  void flush();

 private:
  std::mutex mutex_;  // guards all below
  std::map<const prometheus::Counter*, StripedCounter> counters_;
  std::map<const prometheus::Histogram*, StripedHistogram> histograms_;
};

}  // namespace pgw::metrics
