// A value that must not be seen: the upstream credential, a team's key.
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string_view>

namespace pgw::config {

/// Owns a secret's bytes. They leave it through `reveal` alone: there is no operator<<, no conversion to a string or to
/// JSON, and no `==` (which would take longer the more of a guess is right). Overwritten with zeros when destroyed or
/// replaced; a copy owns and overwrites its own bytes, and is never held in a small-string buffer that a move would
/// leave behind. Immutable but for assignment, so one object may be read by any number of threads.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return size_ == 0; }

  /// The bytes themselves, valid as long as this object is neither destroyed nor assigned to.
  std::string_view reveal() const { return {bytes_.get(), size_}; }

  /// Takes a time that depends on the lengths alone.
  bool equals(std::string_view other) const;

  bool operator==(const Secret&) const = delete;
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  void wipe();

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

/// Overwrites `size` bytes in a way that the optimiser doesn't remove.
void wipe(void* bytes, std::size_t size);

/// ADL hook of nlohmann::json, deleted: a Secret in a JSON value is a compile error.
template <typename Json>
void to_json(Json&, const Secret&) = delete;

}  // namespace pgw::config
