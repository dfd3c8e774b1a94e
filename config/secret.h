// A value that must not be seen: the upstream credential, a team's key, an operator's token.
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string_view>

namespace pgw::config {

/// A secret's bytes. They leave it through `reveal` alone: there is no operator<<, no conversion to a string or to
/// JSON, and no `==` (which would take longer the more of a guess is right). They stand in one place of memory, which
/// all copies share, which no core dump and no swap space gets, and which is overwritten with zeros when the last copy
/// goes. Immutable but for assignment, so one object may be read by any number of threads.
class Secret {
 public:
  Secret() = default;
  /// Throws std::bad_alloc. The caller overwrites what it was made from: see `wipe`.
  explicit Secret(std::string_view value);

  bool empty() const { return bytes_ == nullptr; }

  /// The bytes themselves, valid as long as a copy of this object is.
  std::string_view reveal() const;

  /// Takes a time that depends on the lengths alone.
  bool equals(std::string_view other) const;

  bool operator==(const Secret&) const = delete;
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  class Bytes;
  std::shared_ptr<const Bytes> bytes_;  // null: empty
};

/// Overwrites `size` bytes in a way that the optimiser doesn't remove.
void wipe(void* bytes, std::size_t size);

/// ADL hook of nlohmann::json, deleted: a Secret in a JSON value is a compile error.
template <typename Json>
void to_json(Json&, const Secret&) = delete;

}  // namespace pgw::config
