#include "gateway/pipeline/connection_limits.h"

#include <algorithm>
#include <set>
#include <string>

namespace pgw::pipeline {

http::Limits connection_limits(const config::Settings& settings, const contract::Contract& contract) {
  std::set<std::string> methods;
  std::uint64_t largest_body = settings.limits.max_body;  // what no operation takes has this limit, too
  for (const auto& operation : contract.operations()) {
    methods.insert(operation.method());
    largest_body = std::max(largest_body, max_body(settings, operation.id()));
  }
  const config::LimitSettings& limits = settings.limits;
  const std::size_t workers = std::max(settings.workers, 1U);
  return {.extra_methods = {methods.begin(), methods.end()},
          .max_body = largest_body,
          .max_header = limits.max_header,
          .max_target = limits.max_target,
          .header_timeout = limits.header_timeout,
          .idle_timeout = limits.idle_timeout,
          .body_timeout = limits.body_timeout,
          .write_timeout = limits.write_timeout,
          .half_close = limits.half_close == config::HalfClose::serve ? http::HalfClose::serve : http::HalfClose::abort,
          .connections_per_address = (limits.connections_per_address + workers - 1) / workers,
          .trusted_proxies = settings.trusted_proxies};
}

std::uint64_t max_body(const config::Settings& settings, const std::string& operation_id) {
  const auto own = settings.operations.find(operation_id);
  const bool has_own = own != settings.operations.end() && own->second.max_body;
  return has_own ? *own->second.max_body : settings.limits.max_body;
}

}  // namespace pgw::pipeline
