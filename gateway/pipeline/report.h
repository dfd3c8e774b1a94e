// What is counted beside the outcome of a request: exchanges with the upstream and disagreements with the contract.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "contract/contract.h"
#include "gateway/pipeline/outage_log.h"
#include "metrics/metrics.h"

namespace pgw::pipeline {

/// `status` 0: no answer came.
void note_upstream_exchange(metrics::Metrics& metrics, const contract::Operation& operation, int status,
                            std::chrono::steady_clock::duration took);

void report_refusal(metrics::Metrics& metrics, const contract::Operation& operation,
                    const contract::BodyRefusal& refusal);
void report_unchecked_body(metrics::Metrics& metrics, const contract::Operation& operation);
void report_request(metrics::Metrics& metrics, const contract::Operation& operation,
                    std::span<const contract::Violation> violations);

/// Also logged, at most once a minute and operation: an upstream that drifts away from its description is for the
/// operator to know, not for the log to fill up with.
void report_response(metrics::Metrics& metrics, const contract::Operation& operation, int status,
                     std::span<const contract::Violation> violations);

/// What the upstream made of a request that validation would have rejected.
void report_agreement(metrics::Metrics& metrics, const contract::Operation& operation, int upstream_status);

/// A request to the upstream that failed, as the event log tells it.
struct FailedRequest {
  std::string_view operation;
  std::string_view error;
  std::string_view detail;      ///< for the operator alone; may be empty
  std::string_view request_id;  ///< empty: nobody waited
};

/// The lines of the event log about an upstream that fails, as `OutageLog` rations them.
void note_failed_request(OutageLog& outages, const FailedRequest& request);
void note_answer(OutageLog& outages);

}  // namespace pgw::pipeline
