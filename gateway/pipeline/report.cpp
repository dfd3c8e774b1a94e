#include "gateway/pipeline/report.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <variant>
#include <vector>

#include "gateway/log/log.h"

namespace pgw::pipeline {
namespace {

constexpr std::chrono::minutes between_log_lines{1};

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// A violation's place, "body.records.0.name", for a person.
std::string place_of(const contract::Violation& violation) {
  std::string place;
  for (const auto& part : violation.loc) {
    if (!place.empty()) place += '.';
    place += std::holds_alternative<std::string>(part) ? std::get<std::string>(part)
                                                       : std::to_string(std::get<std::int64_t>(part));
  }
  return place;
}

std::string_view location_of(const contract::Violation& violation) {
  const auto* first = violation.loc.empty() ? nullptr : std::get_if<std::string>(&violation.loc.front());
  return first == nullptr ? std::string_view("body") : std::string_view(*first);
}

/// One log line per operation and minute. Operations beyond the table share its last place.
bool may_log(const contract::Operation& operation) {
  using Ticks = std::chrono::steady_clock::rep;
  static std::array<std::atomic<Ticks>, 256> next_line{};
  auto& next = next_line[std::min(operation.index(), next_line.size() - 1)];
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  Ticks expected = next.load();
  return now.count() >= expected &&
         next.compare_exchange_strong(expected, (now + std::chrono::steady_clock::duration(between_log_lines)).count());
}

}  // namespace

void note_upstream_exchange(metrics::Metrics& metrics, const contract::Operation& operation, int status,
                            std::chrono::steady_clock::duration took) {
  auto& instruments = metrics.operation(operation.index());
  instruments.upstream_requests(status).Increment();
  instruments.upstream_duration().Observe(seconds(took));
}

void report_refusal(metrics::Metrics& metrics, const contract::Operation& operation,
                    const contract::BodyRefusal& refusal) {
  const auto* const type = refusal.status == 415 ? "unsupported_media_type" : "body_not_taken";
  metrics.operation(operation.index()).validation_failures("header", type).Increment();
}

void report_unchecked_body(metrics::Metrics& metrics, const contract::Operation& operation) {
  metrics.operation(operation.index()).unchecked_bodies().Increment();
}

void report_request(metrics::Metrics& metrics, const contract::Operation& operation,
                    std::span<const contract::Violation> violations) {
  auto& instruments = metrics.operation(operation.index());
  for (const auto& violation : violations) {
    instruments.validation_failures(location_of(violation), violation.type).Increment();
  }
}

void report_response(metrics::Metrics& metrics, const contract::Operation& operation, int status,
                     std::span<const contract::Violation> violations) {
  auto& instruments = metrics.operation(operation.index());
  for (const auto& violation : violations) {
    instruments.validation_failures("response", violation.type).Increment();
  }
  if (!may_log(operation)) return;
  log::event(log::Level::warning, "the upstream's response does not match the API description",
             {{"operation", operation.id()},
              {"status", std::to_string(status)},
              {"violations", std::to_string(violations.size())},
              {"first", place_of(violations.front()) + ": " + violations.front().msg}});
}

void report_agreement(metrics::Metrics& metrics, const contract::Operation& operation, int upstream_status) {
  const bool refused = upstream_status == 400 || upstream_status == 415 || upstream_status == 422;
  const bool accepted = upstream_status >= 200 && upstream_status < 300;
  metrics.operation(operation.index())
      .validation_reports(refused    ? "refused"
                          : accepted ? "accepted"
                                     : "unknown")
      .Increment();
}

void note_failed_request(OutageLog& outages, const FailedRequest& request) {
  const auto line = outages.failed(std::chrono::steady_clock::now());
  if (!line) return;
  log::event(log::Level::warning, "upstream failed",
             {{"operation", std::string(request.operation)},
              {"error", std::string(request.error)},
              {"detail", std::string(request.detail)},
              {"request_id", std::string(request.request_id)},
              {"failures", std::to_string(line->failures)},
              {"for_seconds", std::to_string(line->lasted.count())}});
}

void note_answer(OutageLog& outages) {
  const auto line = outages.answered(std::chrono::steady_clock::now());
  if (!line) return;
  log::event(log::Level::info, "the upstream answers again",
             {{"failures", std::to_string(line->failures)}, {"after_seconds", std::to_string(line->lasted.count())}});
}

}  // namespace pgw::pipeline
