#include "config/secret.h"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>

namespace pgw::config {

Secret::Secret(std::string_view value) : size_(value.size()) {
  if (size_ == 0) return;
  bytes_ = std::make_unique<char[]>(size_);
  std::copy(value.begin(), value.end(), bytes_.get());
}

Secret::Secret(const Secret& other) : Secret(other.reveal()) {}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, std::size_t{0})) {}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) *this = Secret(other);
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::move(other.bytes_);
  size_ = std::exchange(other.size_, std::size_t{0});
  return *this;
}

Secret::~Secret() {
  wipe();
}

bool Secret::equals(std::string_view other) const {
  return size_ == other.size() && (size_ == 0 || CRYPTO_memcmp(bytes_.get(), other.data(), size_) == 0);
}

void Secret::wipe() {
  if (bytes_) config::wipe(bytes_.get(), size_);
}

void wipe(void* bytes, std::size_t size) {
  OPENSSL_cleanse(bytes, size);
}

}  // namespace pgw::config
