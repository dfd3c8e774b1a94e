#include "gateway/upstream/breaker.h"

namespace pgw::upstream {

Breaker::Permit Breaker::allows(std::size_t operation, TimePoint now) {
  Permit permit{true, operation, 0, 0};
  if (options_.failures == 0) return permit;
  const std::scoped_lock lock(mutex_);
  Circuit& own = operations_[operation];
  if (!may_pass(upstream_, now) || !may_pass(own, now)) return {};
  permit.trial_of_upstream = begin_trial(upstream_);
  permit.trial_of_operation = begin_trial(own);
  return permit;
}

bool Breaker::may_pass(const Circuit& circuit, TimePoint now) const {
  return !has_tripped(circuit) || (now >= circuit.open_until && circuit.trial == 0);
}

std::uint64_t Breaker::begin_trial(Circuit& circuit) {
  if (has_tripped(circuit)) circuit.trial = ++last_trial_;
  return circuit.trial;
}

void Breaker::succeeded(const Permit& permit) {
  if (options_.failures == 0) return;
  const std::scoped_lock lock(mutex_);
  succeed(upstream_, permit.trial_of_upstream);
  succeed(operations_[permit.operation], permit.trial_of_operation);
}

void Breaker::failed(const Permit& permit, TimePoint now) {
  if (options_.failures == 0) return;
  const std::scoped_lock lock(mutex_);
  succeed(upstream_, permit.trial_of_upstream);
  fail(operations_[permit.operation], permit.trial_of_operation, now);
}

void Breaker::unreachable(const Permit& permit, TimePoint now) {
  if (options_.failures == 0) return;
  const std::scoped_lock lock(mutex_);
  fail(upstream_, permit.trial_of_upstream, now);
  Circuit& own = operations_[permit.operation];
  if (own.trial == permit.trial_of_operation) own.trial = 0;
}

void Breaker::cancelled(const Permit& permit) {
  if (options_.failures == 0) return;
  const std::scoped_lock lock(mutex_);
  if (upstream_.trial == permit.trial_of_upstream) upstream_.trial = 0;
  Circuit& own = operations_[permit.operation];
  if (own.trial == permit.trial_of_operation) own.trial = 0;
}

// While a circuit is open only its trial counts: what began before says nothing new.
void Breaker::fail(Circuit& circuit, std::uint64_t trial, TimePoint now) {
  if (has_tripped(circuit)) {
    if (circuit.trial == 0 || circuit.trial != trial) return;
    circuit.trial = 0;
    circuit.open_until = now + options_.open_for;
    return;
  }
  ++circuit.consecutive_failures;
  if (!has_tripped(circuit)) return;
  circuit.open_until = now + options_.open_for;
  if (++open_circuits_ == 1 && options_.on_change) options_.on_change(true);
}

void Breaker::succeed(Circuit& circuit, std::uint64_t trial) {
  const bool was_tripped = has_tripped(circuit);
  if (was_tripped && (circuit.trial == 0 || circuit.trial != trial)) return;
  circuit.trial = 0;
  circuit.consecutive_failures = 0;
  if (was_tripped && --open_circuits_ == 0 && options_.on_change) options_.on_change(false);
}

}  // namespace pgw::upstream
