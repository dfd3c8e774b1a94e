// The metric families: each registered once, here and nowhere else, with its name, labels and meaning.
#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "metrics/striped.h"

namespace pgw::metrics {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

/// Label values that are learned as they come, up to a number of them. Thread-safe.
class LearnedLabels {
 public:
  explicit LearnedLabels(std::size_t limit) : limit_(limit) {}

  /// `value` when it is known or there is room to learn it, else "other".
  std::string bounded(std::string_view value);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> known_;
};

/// Thread-safe, as prometheus-cpp's families are.
class Families {
 public:
  explicit Families(prometheus::Registry& registry);

  /// gateway_requests_total{operation,method,status,cache}
  CounterFamily& requests;
  /// gateway_request_duration_seconds{operation,cache}
  HistogramFamily& request_duration;
  /// gateway_upstream_requests_total{operation,status}
  CounterFamily& upstream_requests;
  /// gateway_upstream_request_duration_seconds{operation}
  HistogramFamily& upstream_duration;
  /// gateway_upstream_requests_avoided_total{team,reason}
  CounterFamily& upstream_avoided;
  /// gateway_team_requests_total{team,outcome}
  CounterFamily& team_requests;
  /// gateway_validation_failures_total{operation,location,type}
  CounterFamily& validation_failures;
  /// gateway_validation_reports_total{operation,upstream}
  CounterFamily& validation_reports;
  /// gateway_rate_limited_total{team}
  CounterFamily& rate_limited;
  /// gateway_cache_entries
  GaugeFamily& cache_entries;
  /// gateway_cache_size_bytes
  GaugeFamily& cache_size;
  /// gateway_cache_evictions_total
  CounterFamily& cache_evictions;
  /// gateway_cache_invalidations_total{reason}
  CounterFamily& cache_invalidations;
  /// gateway_cache_primed_total
  CounterFamily& cache_primed;
  /// gateway_cache_restored_entries
  GaugeFamily& cache_restored;
  /// gateway_inflight_requests
  GaugeFamily& inflight;
  /// gateway_config_reloads_total{result}
  CounterFamily& config_reloads;
  /// gateway_key_expiry_timestamp_seconds{key}
  GaugeFamily& key_expiry;
  /// gateway_build_info{version}
  GaugeFamily& build_info;

  /// What stands before the instruments that every request moves.
  StripedInstruments striped;

  /// Types of validation failures: they come from the validator's own vocabulary, which this needs not repeat.
  LearnedLabels validation_types{64};
};

/// Upper bounds in seconds. Hits take some 10 us of CPU, upstreams take milliseconds, and no timeout is usual beyond 30
/// s.
const prometheus::Histogram::BucketBoundaries& duration_buckets();

}  // namespace pgw::metrics
