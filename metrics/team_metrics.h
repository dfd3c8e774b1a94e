// The instruments of one team.
#pragma once

#include <string>
#include <string_view>

#include "metrics/families.h"
#include "metrics/labels.h"
#include "metrics/series.h"

namespace pgw::metrics {

/// Thread-safe; references stay valid as long as the Metrics they come from.
class TeamMetrics {
 public:
  TeamMetrics(Families& families, const std::string& team);

  /// gateway_upstream_requests_avoided_total{team,reason}: requests that needed no upstream (`avoided_labels`).
  StripedCounter& upstream_requests_avoided(std::string_view reason) {
    return avoided_.at(index_of(avoided_labels, reason));
  }

  /// gateway_team_requests_total{team,outcome}: the team's requests by how they ended (`team_outcome_labels`).
  StripedCounter& requests(std::string_view outcome) { return requests_.at(index_of(team_outcome_labels, outcome)); }

  /// gateway_rate_limited_total{team}: requests that the gateway answered 429.
  prometheus::Counter& rate_limited() { return rate_limited_.at(0); }

 private:
  LazySeries<StripedCounter, avoided_labels.size() + 1> avoided_;
  LazySeries<StripedCounter, team_outcome_labels.size() + 1> requests_;
  LazySeries<prometheus::Counter, 1> rate_limited_;
};

}  // namespace pgw::metrics
