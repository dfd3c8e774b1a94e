// Every instrument of the gateway. Callers hold references and never write a label set themselves; metrics/families.h
// registers each once. Label values are bounded: operations and teams are the configured ones, the others as
// metrics/labels.h lists them.
//
// Everything is thread-safe. What every request touches costs an array look-up and an addition to a cell of its own
// thread (metrics/striped.h). Units are seconds and bytes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/registry.h>

#include "metrics/families.h"
#include "metrics/labels.h"
#include "metrics/operation_metrics.h"
#include "metrics/process.h"
#include "metrics/team_metrics.h"

namespace pgw::metrics {

class Metrics {
 public:
  /// `operation_ids` are the contract's in the caller's order: their positions are what `operation` takes. `teams` are
  /// those of the keys file; more can be added. Also sets gateway_build_info{version,commit}, always 1.
  Metrics(std::vector<std::string> operation_ids, const std::vector<std::string>& teams, std::string_view version,
          std::string_view commit);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// By position; beyond the last, `unknown_operation` say, is "other". Lock-free; the reference stays valid.
  OperationMetrics& operation(std::size_t index) { return *operations_[std::min(index, operations_.size() - 1)]; }
  static constexpr std::size_t unknown_operation = static_cast<std::size_t>(-1);

  /// Makes a team known and gives its number for `team`; the same number when it is known already. Of more than
  /// `max_teams` the later ones are `other_team`. Call when keys are loaded, keep the number with the principal.
  std::size_t add_team(std::string_view name);
  static constexpr std::size_t other_team = 0;
  static constexpr std::size_t max_teams = 1'000;

  /// By number; unknown ones are "other". Lock-free; the reference stays valid.
  TeamMetrics& team(std::size_t number);

  /// gateway_cache_entries: responses in memory.
  prometheus::Gauge& cache_entries() { return cache_entries_; }
  /// gateway_cache_size_bytes: bytes of memory that stored responses take, bookkeeping included.
  prometheus::Gauge& cache_size_bytes() { return cache_size_; }
  /// gateway_cache_evictions_total: responses removed to make room for others.
  prometheus::Counter& cache_evictions() { return cache_evictions_; }
  /// gateway_cache_invalidations_total{reason}: events that made stored responses stale or removed them
  /// (`invalidation_labels`).
  prometheus::Counter& cache_invalidations(std::string_view reason) {
    return cache_invalidations_.at(index_of(invalidation_labels, reason));
  }
  /// gateway_cache_primed_total: responses to writes that were stored as the answers to later reads.
  prometheus::Counter& cache_primed() { return cache_primed_; }
  /// gateway_cache_restored_entries: responses taken over at the start from the process before.
  prometheus::Gauge& cache_restored_entries() { return cache_restored_; }
  /// gateway_cache_variant_evictions_total: responses removed since their request had more variants than are kept.
  prometheus::Counter& cache_variant_evictions() { return cache_variant_evictions_; }
  /// gateway_cache_refused_writes_total: writes that the upstream refused, and that made nothing stale.
  prometheus::Counter& cache_refused_writes() { return cache_refused_writes_; }
  /// gateway_cache_spared_requests_total: reads that were not forwarded since the upstream sheds load.
  prometheus::Counter& cache_spared_requests() { return cache_spared_; }
  /// gateway_coded_responses_total{coding}: responses that were sent to clients in a content coding (`coding_labels`).
  prometheus::Counter& coded_responses(std::string_view coding) {
    return coded_responses_.at(index_of(coding_labels, coding));
  }
  /// gateway_inflight_requests: requests whose head was read and whose response is not complete.
  StripedGauge& inflight_requests() { return inflight_; }
  /// gateway_config_reloads_total{result}: reloads by result, "success" or "failure" (which changes nothing).
  prometheus::Counter& config_reloads(bool succeeded) { return succeeded ? reloads_succeeded_ : reloads_failed_; }

  /// gateway_upstream_breaker_open: 1 from when requests are refused since the upstream failed repeatedly, until one
  /// succeeds; else 0.
  prometheus::Gauge& upstream_breaker_open() { return upstream_breaker_open_; }
  /// gateway_upstream_credential_refused: 1 while the upstream refuses the gateway's own credential; else 0.
  prometheus::Gauge& credential_refused() { return credential_refused_; }
  /// gateway_credential_file_usable: 0 while the upstream credential's file can't be used and its last good value
  /// stands in; else 1, without such a file too.
  prometheus::Gauge& credential_file_usable() { return credential_file_usable_; }
  /// gateway_log_dropped_lines_total{log}: lines of the log "access" (standard output) or "events" (standard error)
  /// that were dropped as nobody read them in time.
  prometheus::Counter& dropped_access_lines() { return dropped_access_lines_; }
  prometheus::Counter& dropped_event_lines() { return dropped_event_lines_; }

  /// gateway_connections_turned_away_total{reason}: teams' connections that were closed while idle since their address
  /// had more than its share ("address") or every place was taken ("room"), or refused as none was idle ("refused").
  prometheus::Counter& connections_turned_away(std::string_view reason) {
    return connections_turned_away_.at(index_of(turned_away_labels, reason));
  }

  struct KeyExpiry {
    std::string key_id;
    std::chrono::sys_seconds at;
  };
  /// gateway_key_expiry_timestamp_seconds{key}: when a key of the keys file stops working, in Unix time; keys that
  /// never expire have none. Replaces what was set before.
  void set_key_expiries(std::span<const KeyExpiry> expiries);

  /// `hook` runs at the start of every exposition, in its thread: to copy figures that others keep (the cache's) into
  /// the instruments. What hooks use must outlive the last exposition.
  void before_exposition(std::function<void()> hook);

  /// Everything, and process_* of this process, in Prometheus' text format 0.0.4 ("text/plain; version=0.0.4").
  std::string exposition();

 private:
  prometheus::Registry registry_;
  Families families_{registry_};
  ProcessCollector process_;

  std::vector<std::unique_ptr<OperationMetrics>> operations_;  // the last is "other"

  std::mutex teams_mutex_;  // guards team_numbers_ and additions to the teams
  std::map<std::string, std::size_t, std::less<>> team_numbers_;
  std::vector<std::unique_ptr<TeamMetrics>> owned_teams_;
  std::array<std::atomic<TeamMetrics*>, max_teams + 1> teams_{};  // [other_team] is "other"

  prometheus::Gauge& cache_entries_;
  prometheus::Gauge& cache_size_;
  prometheus::Counter& cache_evictions_;
  LazySeries<prometheus::Counter, invalidation_labels.size() + 1> cache_invalidations_;
  prometheus::Counter& cache_primed_;
  prometheus::Gauge& cache_restored_;
  prometheus::Counter& cache_variant_evictions_;
  prometheus::Counter& cache_refused_writes_;
  prometheus::Counter& cache_spared_;
  LazySeries<prometheus::Counter, coding_labels.size() + 1> coded_responses_;
  StripedGauge inflight_;
  prometheus::Counter& reloads_succeeded_;
  prometheus::Counter& reloads_failed_;
  prometheus::Gauge& upstream_breaker_open_;
  prometheus::Gauge& credential_refused_;
  prometheus::Gauge& credential_file_usable_;
  prometheus::Counter& dropped_access_lines_;
  prometheus::Counter& dropped_event_lines_;
  LazySeries<prometheus::Counter, turned_away_labels.size() + 1> connections_turned_away_;

  std::mutex exposition_mutex_;  // one exposition at a time; guards what is below
  std::map<std::string, prometheus::Gauge*> expiries_;
  std::vector<std::function<void()>> hooks_;
};

/// Brings a counter up to a total that someone else keeps. For a hook (two at once would add twice); a lower total
/// changes nothing.
void raise_to(prometheus::Counter& counter, double total);

}  // namespace pgw::metrics
