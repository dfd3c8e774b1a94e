// The metric families: each registered once, here and nowhere else, with its name, labels and meaning.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
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

/// Label values that are learned as they come, each with a number. Thread-safe; what is known is found without a lock.
class LearnedLabels {
 public:
  static constexpr std::size_t limit = 64;

  /// The position of `value`, learned now if it is new; `limit` for a new one that finds no room.
  std::size_t index_of(std::string_view value);

  /// The inverse; "other" beyond what is known.
  std::string_view label_at(std::size_t index) const;

 private:
  std::size_t find(std::string_view value, std::size_t from, std::size_t to) const;

  std::mutex mutex_;  // for who learns
  std::array<std::string, limit> labels_;
  std::atomic<std::size_t> known_{0};
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
  /// gateway_upstream_breaker_open
  GaugeFamily& upstream_breaker_open;
  /// gateway_upstream_credential_refused
  GaugeFamily& upstream_credential_refused;
  /// gateway_upstream_requests_avoided_total{team,reason}
  CounterFamily& upstream_avoided;
  /// gateway_team_requests_total{team,outcome}
  CounterFamily& team_requests;
  /// gateway_validation_failures_total{operation,location,type}
  CounterFamily& validation_failures;
  /// gateway_unchecked_bodies_total{operation}
  CounterFamily& unchecked_bodies;
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
  /// gateway_cache_variant_evictions_total
  CounterFamily& cache_variant_evictions;
  /// gateway_cache_refused_writes_total
  CounterFamily& cache_refused_writes;
  /// gateway_cache_spared_requests_total
  CounterFamily& cache_spared;
  /// gateway_coded_responses_total{coding}
  CounterFamily& coded_responses;
  /// gateway_inflight_requests
  GaugeFamily& inflight;
  /// gateway_config_reloads_total{result}
  CounterFamily& config_reloads;
  /// gateway_key_expiry_timestamp_seconds{key}
  GaugeFamily& key_expiry;
  /// gateway_credential_file_usable
  GaugeFamily& credential_file_usable;
  /// gateway_log_dropped_lines_total{log}
  CounterFamily& log_dropped_lines;
  /// gateway_connections_turned_away_total{reason}
  CounterFamily& connections_turned_away;
  /// gateway_build_info{version,commit}
  GaugeFamily& build_info;

  /// What stands before the instruments that every request moves.
  StripedInstruments striped;

  /// Types of validation failures: they come from the validator's own vocabulary, which this needs not repeat.
  LearnedLabels validation_types;
};

/// Upper bounds in seconds. Hits take some 10 us of CPU, upstreams take milliseconds, and no timeout is usual beyond 30
/// s.
const prometheus::Histogram::BucketBoundaries& duration_buckets();

}  // namespace pgw::metrics
