// process_*: what the kernel knows of this process, with the names that every Prometheus client library gives them.
#pragma once

#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace pgw::metrics {

/// Reads /proc/self when collected, keeps nothing, is thread-safe. A file that can't be read leaves its metrics out.
///   process_cpu_seconds_total            user and system time
///   process_resident_memory_bytes        memory in RAM
///   process_virtual_memory_bytes         address space
///   process_open_fds, process_max_fds    file descriptors, and how many there may be (RLIMIT_NOFILE)
///   process_threads                      threads
///   process_start_time_seconds           Unix time
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace pgw::metrics
