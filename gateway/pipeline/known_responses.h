// Which upstream responses are known to match the contract, so that the same bytes are not parsed again.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "contract/contract.h"

namespace pgw::pipeline {

/// The contract's verdict depends on nothing but what `fingerprint` hashes, so whoever has passed once passes again.
/// What an upstream is asked for again is mostly what it was before: a listing that is polled, an entry that became
/// stale and did not change. Comparing with the contract is by far the most costly step of a miss; this costs a tenth
/// of a microsecond per KiB.
///
/// A fixed table of 16 KiB; a newer response displaces an older one. Belongs to one worker, and to one contract:
/// `clear` it when that changes.
class KnownResponses {
 public:
  /// 128 bits: two responses that differ share one about as often as a disk forges a checksum, which is never.
  struct Fingerprint {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Fingerprint&) const = default;
  };

  static Fingerprint fingerprint(const contract::Operation& operation, int status, std::string_view content_type,
                                 std::string_view body);

  bool contains(const Fingerprint& response) const { return table_[slot(response)] == response; }
  void add(const Fingerprint& response) { table_[slot(response)] = response; }
  void clear() { table_.fill({}); }

 private:
  static constexpr std::size_t slots = 1024;
  static std::size_t slot(const Fingerprint& response) { return response.low % slots; }

  std::array<Fingerprint, slots> table_{};
};

}  // namespace pgw::pipeline
