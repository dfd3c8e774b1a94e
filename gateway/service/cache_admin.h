// The cache as the operator sees it: figures, entries, purges.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "cache/cache.h"
#include "gateway/admin/cache_query.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::service {

nlohmann::json cache_statistics(const cache::Cache& cache);

/// Those entries that the filter lets pass, in its order, from `filter.offset` on and at most `filter.limit`; "total"
/// says how many there are of them, "next" how to ask for those that follow. Variants of one request stand beside each
/// other when sorted by key.
nlohmann::json cache_entries(const cache::Cache& cache, const admin::EntryFilter& filter, cache::TimePoint now);

/// Does it, says so in the log, and counts what it met; nullopt if the contract has no such operation or path.
std::optional<nlohmann::json> purge(cache::Cache& cache, const pipeline::Runtime& runtime,
                                    const admin::PurgeRequest& request);

/// Makes stale what was stored under rules of `before` that are others in `after`, so that a changed rule holds for
/// what is stored, too. To be called when the new rules are in force.
void outdate_changed_rules(cache::Cache& cache, const pipeline::Runtime& before, const pipeline::Runtime& after);

/// The request fields that a variant was selected by; the values of Authorization and Cookie are somebody's secrets.
nlohmann::json selection_of(const cache::Entry& entry);

}  // namespace pgw::service
