// Figures that others keep, copied into the metrics before they are shown.
#include "gateway/log/log.h"
#include "gateway/service/service.h"

namespace pgw::service {

void Service::copy_cache_figures() {
  const auto stats = cache_.stats();
  metrics_.cache_entries().Set(static_cast<double>(stats.entries));
  metrics_.cache_size_bytes().Set(static_cast<double>(stats.bytes));
  metrics::raise_to(metrics_.cache_evictions(), static_cast<double>(stats.evictions));
  metrics::raise_to(metrics_.cache_invalidations("write"),
                    static_cast<double>(stats.invalidations_by_write + stats.invalidations_by_unknown_write));
  metrics::raise_to(metrics_.cache_variant_evictions(), static_cast<double>(stats.variant_evictions));
  metrics::raise_to(metrics_.cache_refused_writes(), static_cast<double>(stats.refused_writes));
  metrics::raise_to(metrics_.cache_spared_requests(), static_cast<double>(stats.sheds));
  metrics::raise_to(metrics_.cache_primed(), static_cast<double>(stats.primed));
  metrics::raise_to(metrics_.cache_invalidations("purge"), static_cast<double>(stats.invalidations_by_purge));
}

void Service::copy_connection_figures() {
  if (edge_ == nullptr) return;
  const auto figures = edge_->pressure();
  metrics::raise_to(metrics_.connections_turned_away("address"), static_cast<double>(figures.closed_for_address));
  metrics::raise_to(metrics_.connections_turned_away("room"), static_cast<double>(figures.closed_for_room));
  metrics::raise_to(metrics_.connections_turned_away("refused"), static_cast<double>(figures.refused));
}

void Service::copy_log_figures() {
  const auto dropped = log::dropped_lines();
  metrics::raise_to(metrics_.dropped_access_lines(), static_cast<double>(dropped.accesses));
  metrics::raise_to(metrics_.dropped_event_lines(), static_cast<double>(dropped.events));
}

}  // namespace pgw::service
