#include "gateway/pipeline/credential_health.h"

namespace pgw::pipeline {
namespace {

constexpr std::chrono::minutes between_refusal_lines{1};

}  // namespace

bool CredentialHealth::is_refusal(int status, std::size_t operation, std::chrono::steady_clock::time_point now) {
  if (status >= 500) return false;
  if (status != 401 && status != 403) {
    if (!is_refused() && in_a_row_.load(std::memory_order_relaxed) == 0) return false;
    const std::unique_lock lock(mutex_);
    in_a_row_ = 0;
    const bool was_refused = is_refused_.exchange(false);
    if (was_refused && listener_) listener_(false);
    return false;
  }
  const std::scoped_lock lock(mutex_);
  if (status == 403) {
    if (in_a_row_ == 0) {
      first_operation_ = operation;
      is_of_several_operations_ = false;
    }
    is_of_several_operations_ = is_of_several_operations_ || operation != first_operation_;
    if (in_a_row_ < forbidden_in_a_row) ++in_a_row_;
    if (in_a_row_ < forbidden_in_a_row || !is_of_several_operations_) return false;
  }
  is_refused_ = true;
  if (now >= next_line_) {
    next_line_ = now + between_refusal_lines;
    if (listener_) listener_(true);
  }
  return true;
}

}  // namespace pgw::pipeline
