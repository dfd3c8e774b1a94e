#include "gateway/upstream/breaker.h"

namespace pgw::upstream {

bool Breaker::allows(TimePoint now) {
  if (options_.failures == 0) return true;
  const std::scoped_lock lock(mutex_);
  if (consecutive_failures_ < options_.failures) return true;
  if (now < open_until_ || probing_) return false;
  probing_ = true;
  return true;
}

void Breaker::succeeded() {
  const std::scoped_lock lock(mutex_);
  consecutive_failures_ = 0;
  probing_ = false;
}

void Breaker::failed(TimePoint now) {
  const std::scoped_lock lock(mutex_);
  probing_ = false;
  if (consecutive_failures_ < options_.failures) ++consecutive_failures_;
  if (consecutive_failures_ >= options_.failures) open_until_ = now + options_.open_for;
}

void Breaker::cancelled() {
  const std::scoped_lock lock(mutex_);
  probing_ = false;
}

bool Breaker::is_open(TimePoint now) const {
  const std::scoped_lock lock(mutex_);
  return options_.failures != 0 && consecutive_failures_ >= options_.failures && now < open_until_;
}

}  // namespace pgw::upstream
