// Why an answer comes from memory or doesn't: what the cache knows of one request, told to the operator.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "cache/cache.h"
#include "gateway/admin/cache_query.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::service {

/// The rule, what is stored with its freshness, the tags with what moved them last, and what would happen to such a
/// request now; nullopt when the contract has no GET of that path. Changes nothing and counts as no use.
std::optional<nlohmann::json> cache_why(const cache::Cache& cache, const pipeline::Runtime& runtime,
                                        const admin::WhyRequest& request, cache::TimePoint now);

}  // namespace pgw::service
