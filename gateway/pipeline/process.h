// What all workers share, for as long as the process serves.
#pragma once

#include <atomic>
#include <memory>

#include "cache/cache.h"
#include "gateway/pipeline/cache_clock.h"
#include "gateway/upstream/breaker.h"
#include "gateway/upstream/pool.h"
#include "metrics/metrics.h"

namespace pgw::pipeline {

/// Every member is thread-safe by itself.
struct Process {
  cache::Cache& cache;
  metrics::Metrics& metrics;
  upstream::Breaker& breaker;
  std::shared_ptr<upstream::Pool> upstream_pool;
};

/// The time as the cache counts it.
inline cache::TimePoint wall_clock_now() {
  return cache_now();
}

}  // namespace pgw::pipeline
