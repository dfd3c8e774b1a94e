#include "gateway/access/known_keys.h"

#include <new>

#include <openssl/rand.h>

namespace pgw::access {
namespace {

Hash128 random_secret() {
  Hash128 secret;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&secret), sizeof secret) != 1) throw std::bad_alloc();
  return secret;
}

}  // namespace

KnownKeys::KnownKeys() : secret_(random_secret()) {}

KeyRing::Lookup KnownKeys::find(const std::shared_ptr<const KeyRing>& ring, std::string_view key,
                                std::chrono::system_clock::time_point now) {
  if (ring_ != ring) {
    table_.fill({});
    ring_ = ring;
  }
  const Hash128 hash = siphash(secret_, key);
  Known& place = table_[hash.low % table_.size()];
  if (place.principal != nullptr && place.hash == hash) return KeyRing::verdict_on(*place.principal, now);
  const KeyRing::Lookup found = ring->find(key, now);
  if (found.principal != nullptr) place = {hash, found.principal};
  return found;
}

}  // namespace pgw::access
