#include "metrics/metrics.h"

#include <sstream>
#include <utility>

#include <prometheus/text_serializer.h>

namespace pgw::metrics {

Metrics::Metrics(std::vector<std::string> operation_ids, const std::vector<std::string>& teams,
                 std::string_view version, std::string_view commit)
    : cache_entries_(families_.cache_entries.Add({})),
      cache_size_(families_.cache_size.Add({})),
      cache_evictions_(families_.cache_evictions.Add({})),
      cache_invalidations_([this](std::size_t index) -> prometheus::Counter& {
        return families_.cache_invalidations.Add({{"reason", std::string(label_at(invalidation_labels, index))}});
      }),
      cache_primed_(families_.cache_primed.Add({})),
      cache_restored_(families_.cache_restored.Add({})),
      cache_variant_evictions_(families_.cache_variant_evictions.Add({})),
      cache_refused_writes_(families_.cache_refused_writes.Add({})),
      cache_spared_(families_.cache_spared.Add({})),
      coded_responses_([this](std::size_t index) -> prometheus::Counter& {
        return families_.coded_responses.Add({{"coding", std::string(label_at(coding_labels, index))}});
      }),
      inflight_(families_.inflight.Add({})),
      reloads_succeeded_(families_.config_reloads.Add({{"result", "success"}})),
      reloads_failed_(families_.config_reloads.Add({{"result", "failure"}})),
      upstream_breaker_open_(families_.upstream_breaker_open.Add({})),
      credential_refused_(families_.upstream_credential_refused.Add({})),
      credential_file_usable_(families_.credential_file_usable.Add({})),
      dropped_access_lines_(families_.log_dropped_lines.Add({{"log", "access"}})),
      dropped_event_lines_(families_.log_dropped_lines.Add({{"log", "events"}})),
      connections_turned_away_([this](std::size_t index) -> prometheus::Counter& {
        return families_.connections_turned_away.Add({{"reason", std::string(label_at(turned_away_labels, index))}});
      }) {
  for (const auto reason : turned_away_labels) connections_turned_away(reason);
  for (const auto reason : invalidation_labels) cache_invalidations(reason);
  for (const auto coding : coding_labels) coded_responses(coding);
  credential_file_usable_.Set(1);
  families_.build_info.Add({{"version", std::string(version)}, {"commit", std::string(commit)}}).Set(1);

  operation_ids.emplace_back(other);
  operations_.reserve(operation_ids.size());
  for (const auto& id : operation_ids) operations_.push_back(std::make_unique<OperationMetrics>(families_, id));

  add_team(other);  // takes the number other_team
  for (const auto& name : teams) add_team(name);
}

std::size_t Metrics::add_team(std::string_view name) {
  const std::lock_guard lock(teams_mutex_);
  if (const auto known = team_numbers_.find(name); known != team_numbers_.end()) return known->second;
  const std::size_t number = owned_teams_.size();
  if (number >= teams_.size()) return other_team;
  owned_teams_.push_back(std::make_unique<TeamMetrics>(families_, std::string(name)));
  team_numbers_.emplace(name, number);
  teams_[number].store(owned_teams_.back().get(), std::memory_order_release);
  return number;
}

TeamMetrics& Metrics::team(std::size_t number) {
  TeamMetrics* found = number < teams_.size() ? teams_[number].load(std::memory_order_acquire) : nullptr;
  return found != nullptr ? *found : *teams_[other_team].load(std::memory_order_acquire);
}

void Metrics::set_key_expiries(std::span<const KeyExpiry> expiries) {
  const std::lock_guard lock(exposition_mutex_);
  std::map<std::string, prometheus::Gauge*> next;
  for (const auto& expiry : expiries) {
    auto& gauge = families_.key_expiry.Add({{"key", expiry.key_id}});
    gauge.Set(static_cast<double>(expiry.at.time_since_epoch().count()));
    next[expiry.key_id] = &gauge;
  }
  for (const auto& [key, gauge] : expiries_) {
    if (!next.contains(key)) families_.key_expiry.Remove(gauge);
  }
  expiries_ = std::move(next);
}

void Metrics::before_exposition(std::function<void()> hook) {
  const std::lock_guard lock(exposition_mutex_);
  hooks_.push_back(std::move(hook));
}

std::string Metrics::exposition() {
  const std::lock_guard lock(exposition_mutex_);
  for (const auto& hook : hooks_) hook();
  families_.striped.flush();
  inflight_.flush();
  auto families = registry_.Collect();
  for (auto& family : process_.Collect()) families.push_back(std::move(family));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

void raise_to(prometheus::Counter& counter, double total) {
  const double missing = total - counter.Value();
  if (missing > 0) counter.Increment(missing);
}

}  // namespace pgw::metrics
