// What is known of how values fit schemas. Internal to contract/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "contract/fit.h"
#include "contract/schema_node.h"

namespace pgw::contract {

/// Verdicts by schema and value, in one table that nothing leaves: a check of a value that needs none allocates
/// nothing.
class Verdicts {
 public:
  struct Key {
    const SchemaNode* schema = nullptr;
    const SchemaNode* whole = nullptr;  ///< of a part of an allOf: what holds it
    const JsonValue* value = nullptr;
    bool is_lenient = false;

    bool operator==(const Key&) const = default;
  };

  struct Verdict {
    Fit fit = Fit::no;
    bool is_told = false;  ///< what is wrong has been told, or is being told
  };

  /// Null for what is not known.
  const Verdict* find(const Key& key) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[place_of(key)];
    return slot.key.schema == nullptr ? nullptr : &slot.verdict;
  }

  void store(const Key& key, const Verdict& verdict) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[place_of(key)];
    if (slot.key.schema == nullptr) ++used_;
    slot = {key, verdict};
  }

 private:
  struct Slot {
    Key key;
    Verdict verdict;
  };

  /// Where the key is, or the empty slot that it would take.
  std::size_t place_of(const Key& key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = hash(key) & mask;
    while (slots_[place].key.schema != nullptr && !(slots_[place].key == key)) place = (place + 1) & mask;
    return place;
  }

  static std::size_t hash(const Key& key) {
    constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15;
    const auto bits = [](const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); };
    std::uint64_t mixed = (bits(key.schema) * multiplier) ^ (bits(key.value) + (key.is_lenient ? 1 : 0));
    mixed = (mixed * multiplier) ^ bits(key.whole);
    mixed *= multiplier;
    return static_cast<std::size_t>(mixed >> 20);
  }

  void grow() {
    constexpr std::size_t first_size = 32;
    std::vector<Slot> before = std::move(slots_);
    slots_.assign(before.empty() ? first_size : before.size() * 2, Slot{});
    for (const auto& slot : before) {
      if (slot.key.schema != nullptr) slots_[place_of(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half of them used
  std::size_t used_ = 0;
};

}  // namespace pgw::contract
