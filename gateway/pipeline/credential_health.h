// Whether the upstream takes the gateway's own credential.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

namespace pgw::pipeline {

/// A credential that the upstream refuses is the gateway's fault, not a team's: teams get 502 for it, the operator gets
/// told. A 401 says so at once. A 403 may well be about one resource; twenty in a row, of more than one operation, are
/// about the credential. An answer of any other kind but 5xx says that it is taken.
///
/// Thread-safe; shared by all workers. To be asked only about requests that carried the gateway's credential and none
/// of the client's.
class CredentialHealth {
 public:
  static constexpr unsigned forbidden_in_a_row = 20;

  /// Told when the credential is refused first (true) and when it is taken again (false), and once a minute while it is
  /// refused (true). Under the lock, so in order: it must
  /// not call back.
  using Listener = std::function<void(bool refused)>;

  explicit CredentialHealth(Listener listener = {}) : listener_(std::move(listener)) {}

  /// Judges an answer. True: it speaks of the credential, and is not for the one who asked.
  bool is_refusal(int status, std::size_t operation, std::chrono::steady_clock::time_point now);

  /// Whether the last that was heard is that the credential is refused: for readiness.
  bool is_refused() const { return is_refused_.load(std::memory_order_relaxed); }

 private:
  const Listener listener_;
  std::atomic<bool> is_refused_{false};
  std::atomic<unsigned> in_a_row_{0};  // 403s; read without the lock to see that there is nothing to reset
  std::mutex mutex_;                   // guards all below, and changes of the two above
  std::size_t first_operation_ = 0;    // of the 403s in a row
  bool is_of_several_operations_ = false;
  std::chrono::steady_clock::time_point next_line_{};
};

}  // namespace pgw::pipeline
