// How much memory a worker gives to responses that are collected before they go on.
#pragma once

#include <cstddef>

namespace pgw::pipeline {

/// To be stored, shared or checked, a response is collected whole. Many large ones at once could take many times the
/// memory of the cache; whoever finds the budget used up streams its response instead. Belongs to one worker.
class CollectingBudget {
 public:
  /// Bytes; a response that is the only one may go beyond it.
  explicit CollectingBudget(std::size_t limit) : limit_(limit) {}

  /// One who holds `own` bytes asks for `more`. False: nothing was taken.
  bool take(std::size_t own, std::size_t more) {
    const bool is_only_one = used_ == own;
    if (!is_only_one && used_ + more > limit_) return false;
    used_ += more;
    return true;
  }
  void give_back(std::size_t bytes) { used_ -= bytes; }

  std::size_t used() const { return used_; }

 private:
  const std::size_t limit_;
  std::size_t used_ = 0;
};

}  // namespace pgw::pipeline
