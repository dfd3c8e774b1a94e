// Which presented keys have been found lately, so that a key in use is not hashed with SHA-256 at every request.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "gateway/access/key_ring.h"
#include "gateway/access/siphash.h"

namespace pgw::access {

/// Stands before a KeyRing. Keeps no key and nothing that tells one: of a key that the ring knows it keeps a keyed
/// hash, under a secret of 128 bits that is drawn when this is made and never leaves it. A key that the ring doesn't
/// know is not kept, so guesses displace nothing, and each of them takes the ring's own way.
///
/// A fixed table of 6 KiB, in which a newer key displaces an older one. Not thread-safe: each worker has its own.
class KnownKeys {
 public:
  KnownKeys();

  /// What `ring->find(key, now)` says; another ring than the last time empties the table first.
  KeyRing::Lookup find(const std::shared_ptr<const KeyRing>& ring, std::string_view key,
                       std::chrono::system_clock::time_point now);

 private:
  struct Known {
    Hash128 hash;
    const Principal* principal = nullptr;  ///< of `ring_`; null: nothing is kept here
  };

  const Hash128 secret_;
  std::shared_ptr<const KeyRing> ring_;  // held, so that no other ring can come to have its address
  std::array<Known, 256> table_{};
};

}  // namespace pgw::access
