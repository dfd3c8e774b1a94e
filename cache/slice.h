// A text that stands behind the object it belongs to, in the same allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgw::cache {

// Eight bytes where a std::string takes 32 and often an allocation. It counts from its own address and so can't be
// copied; reads as a std::string_view, which is valid as long as the object.
class Slice {
 public:
  Slice() = default;
  Slice(const Slice&) = delete;
  Slice& operator=(const Slice&) = delete;

  // `text` must begin within 4 GiB behind this, and be no longer.
  void set(std::string_view text) {
    offset_ = static_cast<std::uint32_t>(text.data() - here());
    size_ = static_cast<std::uint32_t>(text.size());
  }

  std::string_view view() const { return {here() + offset_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  friend bool operator==(const Slice& a, const Slice& b) { return a.view() == b.view(); }
  friend bool operator==(const Slice& a, std::string_view b) { return a.view() == b; }

 private:
  const char* here() const { return reinterpret_cast<const char*>(this); }

  std::uint32_t offset_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace pgw::cache
