#include "config/secret.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>

#include <openssl/crypto.h>

namespace pgw::config {

/// Pages of their own, since what is kept from dumps and swap space is kept by the page.
class Secret::Bytes {
 public:
  explicit Bytes(std::string_view value) : size_(value.size()) {
    void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<char*>(memory);
    // Both are asked for, not relied on: locked memory is scarce, and the process forbids dumps as a whole.
    ::madvise(data_, size_, MADV_DONTDUMP);
    ::mlock(data_, size_);
    std::copy(value.begin(), value.end(), data_);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() {
    wipe(data_, size_);
    ::munmap(data_, size_);
  }

  std::string_view view() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_;
};

Secret::Secret(std::string_view value) {
  if (!value.empty()) bytes_ = std::make_shared<const Bytes>(value);
}

std::string_view Secret::reveal() const {
  return bytes_ == nullptr ? std::string_view{} : bytes_->view();
}

bool Secret::equals(std::string_view other) const {
  const std::string_view own = reveal();
  return own.size() == other.size() && CRYPTO_memcmp(own.data(), other.data(), own.size()) == 0;
}

void wipe(void* bytes, std::size_t size) {
  OPENSSL_cleanse(bytes, size);
}

}  // namespace pgw::config
