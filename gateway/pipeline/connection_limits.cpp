#include "gateway/pipeline/connection_limits.h"

#include <algorithm>
#include <set>
#include <string>

namespace pgw::pipeline {

http::Limits connection_limits(const config::Settings& settings, const contract::Contract& contract) {
  std::set<std::string> methods;
  for (const auto& operation : contract.operations()) methods.insert(operation.method());
  const config::LimitSettings& limits = settings.limits;
  const std::size_t workers = std::max(settings.workers, 1U);
  return {.extra_methods = {methods.begin(), methods.end()},
          .max_body = limits.max_body,
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

}  // namespace pgw::pipeline
