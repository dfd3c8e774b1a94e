// Who moved a tag last: for whoever asks why something is stale. Nothing is decided by it.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/time.h"

namespace pgw::cache {

enum class Mover : std::uint8_t {
  write,
  lost_write,  // of unknown outcome
  purge,
};
std::string_view to_string(Mover mover);  // "write", "lost-write", "purge"

struct Movement {
  Mover mover = Mover::write;
  TimePoint at;
  std::string by;  // the id of the write's request, or the number of the purge; cut off after 44 characters
};

// Thread-safe. A fixed table of 256 KiB: what moved one slot of the generations may be lost to what moves another.
class Movements {
 public:
  Movements();
  void note(std::uint32_t slot, Mover mover, TimePoint at, std::string_view by);
  void note_everything(TimePoint at, std::string_view by);
  std::optional<Movement> last(std::uint32_t slot) const;
  std::optional<Movement> last_of_everything() const;

 private:
  static constexpr std::size_t kRecords = 4096;
  static constexpr std::size_t kLongest = 44;
  struct Record {
    TimePoint at;
    std::uint32_t slot = UINT32_MAX;
    Mover mover = Mover::write;
    std::uint8_t length = 0;
    std::array<char, kLongest> by{};

    void set(std::uint32_t its_slot, Mover its_mover, TimePoint when, std::string_view its_by);
    Movement movement() const;
  };

  mutable std::mutex mutex_;  // guards all below; held for a few instructions at the end of a write
  std::vector<Record> records_;
  Record everything_;
  bool has_everything_moved_ = false;
};

}  // namespace pgw::cache
