// How many requests of a key or a team are under way at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace pgw::access {

/// A number of places. Exact over all threads, lock-free; a reload changes the limit, not what is under way.
class Concurrency {
 public:
  explicit Concurrency(std::uint32_t limit) : limit_(limit) {}

  /// Takes a place if there is one.
  bool enter() {
    std::uint32_t taken = under_way_.load(std::memory_order_relaxed);
    // Relaxed: the number guards nothing but itself.
    while (taken < limit()) {
      if (under_way_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void leave() { under_way_.fetch_sub(1, std::memory_order_relaxed); }

  std::uint32_t limit() const { return limit_.load(std::memory_order_relaxed); }
  void set_limit(std::uint32_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  std::uint32_t under_way() const { return under_way_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> limit_;
  std::atomic<std::uint32_t> under_way_{0};
};

/// A place that was taken, given back at the end. Move-only. The Concurrency must outlive it.
class Place {
 public:
  Place() = default;
  explicit Place(Concurrency& taken) : taken_(&taken) {}
  ~Place() { give_back(); }
  Place(Place&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Place& operator=(Place&& other) noexcept {
    if (this != &other) {
      give_back();
      taken_ = std::exchange(other.taken_, nullptr);
    }
    return *this;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  void give_back() {
    if (taken_ != nullptr) taken_->leave();
  }

  Concurrency* taken_ = nullptr;
};

}  // namespace pgw::access
