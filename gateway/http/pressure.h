// How many connections had to go, or were not taken.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace pgw::http {

/// Of all loops of a server together. Thread-safe.
class Pressure {
 public:
  /// The figures at one moment; each only grows.
  struct Figures {
    std::uint64_t closed_for_address = 0;  ///< idle, of an address with more than its share
    std::uint64_t closed_for_room = 0;     ///< idle, when every place was taken
    std::uint64_t refused = 0;             ///< new ones, when every place was taken and none idle
    std::string last_address;              ///< that had more than its share; empty if none did
  };

  void count_closed_for_address(const std::string& address) {
    ++closed_for_address_;
    const std::lock_guard lock(mutex_);
    last_address_ = address;
  }
  void count_closed_for_room() { ++closed_for_room_; }
  void count_refused() { ++refused_; }

  Figures figures() const {
    const std::lock_guard lock(mutex_);
    return {closed_for_address_, closed_for_room_, refused_, last_address_};
  }

 private:
  std::atomic<std::uint64_t> closed_for_address_{0};
  std::atomic<std::uint64_t> closed_for_room_{0};
  std::atomic<std::uint64_t> refused_{0};
  mutable std::mutex mutex_;
  std::string last_address_;  // guarded by mutex_
};

}  // namespace pgw::http
