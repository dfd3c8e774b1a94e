#include "metrics/families.h"

#include <algorithm>

#include "metrics/labels.h"

namespace pgw::metrics {
namespace {

CounterFamily& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

GaugeFamily& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

HistogramFamily& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

std::size_t LearnedLabels::find(std::string_view value, std::size_t from, std::size_t to) const {
  const auto begin = labels_.begin();
  return static_cast<std::size_t>(std::find(begin + from, begin + to, value) - begin);
}

std::size_t LearnedLabels::index_of(std::string_view value) {
  const std::size_t before = known_.load(std::memory_order_acquire);
  if (const std::size_t index = find(value, 0, before); index < before) return index;
  const std::lock_guard lock(mutex_);
  const std::size_t known = known_.load(std::memory_order_relaxed);
  const std::size_t index = find(value, before, known);
  if (index < known || known == limit) return index;
  labels_[known] = value;
  known_.store(known + 1, std::memory_order_release);
  return known;
}

std::string_view LearnedLabels::label_at(std::size_t index) const {
  return index < known_.load(std::memory_order_acquire) ? std::string_view(labels_[index]) : other;
}

Families::Families(prometheus::Registry& registry)
    : requests(counter(registry, "gateway_requests_total",
                       "Requests answered, by status and by what the cache had to do with it.")),
      request_duration(histogram(registry, "gateway_request_duration_seconds",
                                 "Time from when a request was read to the end of its response.")),
      upstream_requests(counter(registry, "gateway_upstream_requests_total",
                                "Requests sent upstream, by the status that came back, no_answer when none did.")),
      upstream_duration(histogram(registry, "gateway_upstream_request_duration_seconds",
                                  "Time from sending a request upstream to the end of its response.")),
      upstream_breaker_open(gauge(registry, "gateway_upstream_breaker_open",
                                  "1 from when requests are refused since the upstream failed repeatedly, until one "
                                  "succeeds; else 0.")),
      upstream_credential_refused(gauge(registry, "gateway_upstream_credential_refused",
                                        "1 while the upstream refuses the gateway's own credential; else 0.")),
      upstream_avoided(counter(registry, "gateway_upstream_requests_avoided_total",
                               "Requests that needed no upstream, by team and reason.")),
      team_requests(counter(registry, "gateway_team_requests_total", "Requests by team and by how they ended.")),
      validation_failures(counter(registry, "gateway_validation_failures_total",
                                  "Mistakes that validation found, by where they sit and by their type.")),
      unchecked_bodies(counter(registry, "gateway_unchecked_bodies_total",
                               "Requests with a body of which the contract says nothing that could be checked.")),
      validation_reports(counter(registry, "gateway_validation_reports_total",
                                 "Requests let through although the contract forbids them, by what the upstream made "
                                 "of them; accepted ones are contract drift.")),
      rate_limited(counter(registry, "gateway_rate_limited_total", "Requests refused for their key's rate.")),
      cache_entries(gauge(registry, "gateway_cache_entries", "Responses in memory.")),
      cache_size(gauge(registry, "gateway_cache_size_bytes",
                       "Memory that stored responses take, bookkeeping included, in bytes.")),
      cache_evictions(
          counter(registry, "gateway_cache_evictions_total", "Stored responses removed to make room for others.")),
      cache_invalidations(counter(registry, "gateway_cache_invalidations_total",
                                  "Events that made stored responses stale or removed them, by reason.")),
      cache_primed(counter(registry, "gateway_cache_primed_total",
                           "Responses to writes that were stored as the answers to later reads.")),
      cache_restored(gauge(registry, "gateway_cache_restored_entries",
                           "Responses that this process took over at its start from the one before it.")),
      cache_variant_evictions(counter(registry, "gateway_cache_variant_evictions_total",
                                      "Stored responses removed since their request had more variants than are kept.")),
      cache_refused_writes(counter(registry, "gateway_cache_refused_writes_total",
                                   "Writes that the upstream refused, and that made nothing stale.")),
      cache_spared(counter(registry, "gateway_cache_spared_requests_total",
                           "Reads that were not forwarded since the upstream sheds load.")),
      coded_responses(counter(registry, "gateway_coded_responses_total",
                              "Responses that were sent to clients in a content coding.")),
      inflight(gauge(registry, "gateway_inflight_requests", "Requests read whose response is not complete.")),
      config_reloads(counter(registry, "gateway_config_reloads_total",
                             "Reloads of the configuration, by result; a failed one changes nothing.")),
      key_expiry(gauge(registry, "gateway_key_expiry_timestamp_seconds",
                       "When a key stops working, in seconds since 1970; none for keys that never do.")),
      credential_file_usable(gauge(registry, "gateway_credential_file_usable",
                                   "0 while the upstream credential's file can't be used and its last good value "
                                   "stands in; else 1.")),
      log_dropped_lines(counter(registry, "gateway_log_dropped_lines_total",
                                "Lines of a log that were dropped as nobody read them in time.")),
      connections_turned_away(
          counter(registry, "gateway_connections_turned_away_total",
                  "Teams' connections that were closed idle or refused for the sake of others, by "
                  "reason: their address had more than its share, room was made, or none was left.")),
      build_info(gauge(registry, "gateway_build_info", "The version that runs; always 1.")) {}

const prometheus::Histogram::BucketBoundaries& duration_buckets() {
  static const prometheus::Histogram::BucketBoundaries bounds{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  return bounds;
}

}  // namespace pgw::metrics
