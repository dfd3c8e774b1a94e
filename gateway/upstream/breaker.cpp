#include "gateway/upstream/breaker.h"

namespace pgw::upstream {

bool Breaker::allows(TimePoint now) {
  if (options_.failures == 0) return true;
  const std::scoped_lock lock(mutex_);
  if (!has_tripped()) return true;
  if (now < open_until_ || probing_) return false;
  probing_ = true;
  return true;
}

void Breaker::succeeded() {
  const std::scoped_lock lock(mutex_);
  const bool was_tripped = has_tripped();
  consecutive_failures_ = 0;
  probing_ = false;
  tell(was_tripped);
}

void Breaker::failed(TimePoint now) {
  const std::scoped_lock lock(mutex_);
  const bool was_tripped = has_tripped();
  probing_ = false;
  if (consecutive_failures_ < options_.failures) ++consecutive_failures_;
  if (has_tripped()) open_until_ = now + options_.open_for;
  tell(was_tripped);
}

void Breaker::tell(bool was_tripped) const {
  if (options_.on_change && has_tripped() != was_tripped) options_.on_change(!was_tripped);
}

void Breaker::cancelled() {
  const std::scoped_lock lock(mutex_);
  probing_ = false;
}

}  // namespace pgw::upstream
