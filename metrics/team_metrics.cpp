#include "metrics/team_metrics.h"

namespace pgw::metrics {

TeamMetrics::TeamMetrics(Families& families, const std::string& team)
    : avoided_([&families, team](std::size_t index) -> StripedCounter& {
        return families.striped.of(
            families.upstream_avoided.Add({{"team", team}, {"reason", std::string(label_at(avoided_labels, index))}}));
      }),
      requests_([&families, team](std::size_t index) -> StripedCounter& {
        return families.striped.of(families.team_requests.Add(
            {{"team", team}, {"outcome", std::string(label_at(team_outcome_labels, index))}}));
      }),
      rate_limited_([&families, team](std::size_t) -> prometheus::Counter& {
        return families.rate_limited.Add({{"team", team}});
      }) {}

}  // namespace pgw::metrics
