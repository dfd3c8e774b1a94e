// The instruments of one operation of the contract.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "metrics/families.h"
#include "metrics/labels.h"
#include "metrics/series.h"
#include "metrics/status_slots.h"

namespace pgw::metrics {

/// gateway_requests_total of one operation: a small table by method, status and cache outcome, whose planes (one per
/// method: most operations have one) and whose series are made when first counted. Lock-free once made.
class RequestCounters {
 public:
  RequestCounters(Families& families, std::string operation);
  ~RequestCounters();
  RequestCounters(const RequestCounters&) = delete;
  RequestCounters& operator=(const RequestCounters&) = delete;

  /// Statuses without a slot (metrics/status_slots.h) are found by their labels.
  StripedCounter& at(std::string_view method, int status, std::string_view cache);

 private:
  static constexpr std::size_t methods = method_labels.size() + 1;
  static constexpr std::size_t outcomes = cache_labels.size() + 1;
  using Plane = LazySeries<StripedCounter, slotted_statuses.size() * outcomes>;

  Plane& plane(std::size_t method);
  StripedCounter& resolve(std::size_t method, int status, std::size_t outcome);

  Families& families_;
  const std::string operation_;
  std::mutex mutex_;  // guards the making of planes
  std::array<std::atomic<Plane*>, methods> planes_{};
};

/// Thread-safe; references stay valid as long as the Metrics they come from. Statuses are HTTP status codes.
class OperationMetrics {
 public:
  OperationMetrics(Families& families, const std::string& operation);

  /// gateway_requests_total{operation,method,status,cache}: requests answered, by status and by what the cache had to
  /// do with it (`cache_labels`).
  StripedCounter& requests(std::string_view method, int status, std::string_view cache) {
    return requests_.at(method, status, cache);
  }

  /// gateway_request_duration_seconds{operation,cache}: from when a request was read, so not the time that its client
  /// took to send it, to the end of its response.
  StripedHistogram& request_duration(std::string_view cache) {
    return request_duration_.at(index_of(cache_labels, cache));
  }

  /// gateway_upstream_requests_total{operation,status}: requests sent upstream, each retry one more, by the status that
  /// came back; status "no_answer" when none did.
  prometheus::Counter& upstream_requests(int status);
  static constexpr int no_answer = 0;

  /// gateway_upstream_request_duration_seconds{operation}: from sending to the end of the upstream's response.
  prometheus::Histogram& upstream_duration() { return upstream_duration_.at(0); }

  /// gateway_validation_failures_total{operation,location,type}: single mistakes that validation found, rejected and
  /// reported ones alike, by where they sit (`location_labels`) and by their type in pydantic's vocabulary.
  prometheus::Counter& validation_failures(std::string_view location, std::string_view type) {
    return validation_failures_.at(index_of(location_labels, location) * failure_types +
                                   families_.validation_types.index_of(type));
  }

  /// gateway_unchecked_bodies_total{operation}: requests with a body of which the contract says nothing that could be
  /// checked: of a media type that isn't looked at (XML, images), or without a schema.
  prometheus::Counter& unchecked_bodies() { return unchecked_bodies_.at(0); }

  /// gateway_validation_reports_total{operation,upstream}: requests that `report` mode let through although the
  /// contract forbids them, by what the upstream made of them (`verdict_labels`): "accepted" is contract drift.
  prometheus::Counter& validation_reports(std::string_view verdict) {
    return validation_reports_.at(index_of(verdict_labels, verdict));
  }

 private:
  static constexpr std::size_t failure_types = LearnedLabels::limit + 1;

  Families& families_;
  const std::string operation_;
  RequestCounters requests_;
  LazySeries<StripedHistogram, cache_labels.size() + 1> request_duration_;
  LazySeries<prometheus::Counter, slotted_statuses.size()> upstream_requests_;
  LazySeries<prometheus::Histogram, 1> upstream_duration_;
  LazySeries<prometheus::Counter, (location_labels.size() + 1) * failure_types> validation_failures_;
  LazySeries<prometheus::Counter, 1> unchecked_bodies_;
  LazySeries<prometheus::Counter, verdict_labels.size() + 1> validation_reports_;
};

}  // namespace pgw::metrics
