// What all workers share, for as long as the process serves.
#pragma once

#include <memory>
#include <string>

#include "cache/cache.h"
#include "gateway/pipeline/credential_health.h"
#include "gateway/pipeline/outage_log.h"
#include "gateway/upstream/breaker.h"
#include "gateway/upstream/pool.h"
#include "metrics/metrics.h"

namespace pgw::pipeline {

/// "projects-gateway-1f2e3d4c": the name of this process in Via (a pseudonym, RFC 9110 section 7.6.3), by which it
/// knows a request that comes round again from one that came through another gateway of the same kind.
std::string make_via_name();

/// Tells metrics and event log when the upstream refuses the gateway's credential, and when it takes it again.
CredentialHealth::Listener follow_credential(metrics::Metrics& metrics);

/// Every member is thread-safe by itself.
struct Process {
  cache::Cache& cache;
  metrics::Metrics& metrics;
  upstream::Breaker& breaker;
  std::shared_ptr<upstream::Pool> upstream_pool;
  const std::string via_name = make_via_name();
  OutageLog outages{};
  CredentialHealth credential{follow_credential(metrics)};
};

}  // namespace pgw::pipeline
