#include "metrics/operation_metrics.h"

#include <utility>

namespace pgw::metrics {
namespace {

std::string text(std::string_view view) {
  return std::string(view);
}

}  // namespace

RequestCounters::RequestCounters(Families& families, std::string operation)
    : families_(families), operation_(std::move(operation)) {}

RequestCounters::~RequestCounters() {
  for (auto& plane : planes_) delete plane.load(std::memory_order_relaxed);
}

StripedCounter& RequestCounters::at(std::string_view method, int status, std::string_view cache) {
  const std::size_t method_index = index_of(method_labels, method);
  const std::size_t outcome = index_of(cache_labels, cache);
  const std::size_t slot = status_slot(status);
  if (slot >= slotted_statuses.size()) return resolve(method_index, status, outcome);
  return plane(method_index).at(slot * outcomes + outcome);
}

RequestCounters::Plane& RequestCounters::plane(std::size_t method) {
  if (Plane* known = planes_[method].load(std::memory_order_acquire)) return *known;
  const std::lock_guard lock(mutex_);
  if (Plane* known = planes_[method].load(std::memory_order_relaxed)) return *known;
  auto made = std::make_unique<Plane>([this, method](std::size_t index) -> StripedCounter& {
    return resolve(method, slotted_statuses[index / outcomes], index % outcomes);
  });
  planes_[method].store(made.get(), std::memory_order_release);
  return *made.release();
}

StripedCounter& RequestCounters::resolve(std::size_t method, int status, std::size_t outcome) {
  return families_.striped.of(families_.requests.Add({{"operation", operation_},
                                                      {"method", text(label_at(method_labels, method))},
                                                      {"status", status_label(status)},
                                                      {"cache", text(label_at(cache_labels, outcome))}}));
}

OperationMetrics::OperationMetrics(Families& families, const std::string& operation)
    : families_(families),
      operation_(operation),
      requests_(families, operation),
      request_duration_([this](std::size_t index) -> StripedHistogram& {
        auto& histogram = families_.request_duration.Add(
            {{"operation", operation_}, {"cache", text(label_at(cache_labels, index))}}, duration_buckets());
        return families_.striped.of(histogram, duration_buckets());
      }),
      upstream_requests_([this](std::size_t index) -> prometheus::Counter& {
        return families_.upstream_requests.Add(
            {{"operation", operation_}, {"status", status_label(slotted_statuses[index])}});
      }),
      upstream_duration_([this](std::size_t) -> prometheus::Histogram& {
        return families_.upstream_duration.Add({{"operation", operation_}}, duration_buckets());
      }),
      validation_failures_([this](std::size_t index) -> prometheus::Counter& {
        return families_.validation_failures.Add(
            {{"operation", operation_},
             {"location", text(label_at(location_labels, index / failure_types))},
             {"type", text(families_.validation_types.label_at(index % failure_types))}});
      }),
      unchecked_bodies_([this](std::size_t) -> prometheus::Counter& {
        return families_.unchecked_bodies.Add({{"operation", operation_}});
      }),
      validation_reports_([this](std::size_t index) -> prometheus::Counter& {
        return families_.validation_reports.Add(
            {{"operation", operation_}, {"upstream", text(label_at(verdict_labels, index))}});
      }) {}

prometheus::Counter& OperationMetrics::upstream_requests(int status) {
  const std::size_t slot = status_slot(status);
  if (slot < slotted_statuses.size()) return upstream_requests_.at(slot);
  return families_.upstream_requests.Add(
      {{"operation", operation_}, {"status", status == no_answer ? "no_answer" : status_label(status)}});
}

}  // namespace pgw::metrics
