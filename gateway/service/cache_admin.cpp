#include "gateway/service/cache_admin.h"

#include <chrono>

#include <nlohmann/json.hpp>

#include "gateway/log/log.h"
#include "gateway/pipeline/references.h"

namespace pgw::service {
namespace {

using nlohmann::json;

/// Path and query as they are listed, and as a prefix is compared with.
bool target_starts_with(const cache::KeyParts& parts, std::string_view prefix) {
  std::string target(parts.path);
  if (!parts.query.empty()) target.append("?").append(parts.query);
  return target.starts_with(prefix);
}

bool passes(const admin::EntryFilter& filter, const cache::Entry& entry, const cache::KeyParts& parts) {
  if (filter.operation && parts.operation != *filter.operation) return false;
  if (filter.prefix && !target_starts_with(parts, *filter.prefix)) return false;
  return !filter.tag || cache::has_tag(entry.tags, *filter.tag);
}

double seconds(cache::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

json describe(const cache::EntryInfo& info, const cache::KeyParts& parts, cache::TimePoint now) {
  return {{"key", info.entry.key.view()},
          {"operation", parts.operation},
          {"path", parts.path},
          {"query", parts.query},
          {"status", info.entry.status},
          {"size_bytes", info.entry.size_bytes()},
          {"age_seconds", seconds(info.entry.age(now))},
          {"ttl_seconds", seconds(info.entry.ttl(now))},
          {"hits", info.hits},
          {"current", info.is_current},
          {"tags", info.entry.tags.view()}};
}

/// What a purge is about, in one word and its value, for the log.
std::pair<std::string, std::string> selection(const admin::PurgeRequest& request) {
  if (request.tag) return {"tag", *request.tag};
  if (request.path) return {"path", *request.path};
  if (request.operation) return {"operation", *request.operation};
  if (request.prefix) return {"prefix", *request.prefix};
  return {"all", {}};
}

std::optional<cache::Purged> carry_out(cache::Cache& cache, const pipeline::Runtime& runtime,
                                       const admin::PurgeRequest& request) {
  const auto mode = request.soft ? cache::PurgeMode::soft : cache::PurgeMode::hard;
  const auto purge_keys = [&](auto matches) {
    return cache.purge_keys(
        [&](std::string_view key) {
          const auto parts = cache::parse_key(key);
          return parts && matches(*parts);
        },
        mode);
  };
  if (request.all) return cache.purge_all(mode);
  if (request.tag) return cache.purge_tags(cache::Tags{cache::Tag(*request.tag)}, mode);
  if (request.path) {
    const auto tags = pipeline::tags_of_path(runtime, *request.path);
    if (tags.empty()) return std::nullopt;
    return cache.purge_tags(tags, mode);
  }
  if (request.operation) {
    if (runtime.contract->find(*request.operation) == nullptr) return std::nullopt;
    return purge_keys([&](const cache::KeyParts& parts) { return parts.operation == *request.operation; });
  }
  return purge_keys([&](const cache::KeyParts& parts) { return target_starts_with(parts, *request.prefix); });
}

}  // namespace

json cache_statistics(const cache::Cache& cache) {
  const auto stats = cache.stats();
  return {{"entries", stats.entries},
          {"bytes", stats.bytes},
          {"capacity_bytes", stats.capacity},
          {"largest_body_bytes", cache.max_body_bytes()},
          {"hits", stats.hits},
          {"stale_hits", stats.stale_hits},
          {"collapsed", stats.joined},
          {"fetches", stats.fetches},
          {"revalidations", stats.revalidations},
          {"passes", stats.passes},
          {"stored", stats.stored},
          {"in_flight", stats.in_flight},
          {"evictions", stats.evictions},
          {"invalidations", stats.invalidations_by_write + stats.invalidations_by_unknown_write},
          {"purges", stats.invalidations_by_purge},
          {"scanned", stats.scanned}};
}

json cache_entries(const cache::Cache& cache, const admin::EntryFilter& filter, cache::TimePoint now) {
  json list = json::array();
  std::size_t total = 0;
  cache.for_each([&](const cache::EntryInfo& info) {
    const auto parts = cache::parse_key(info.entry.key);
    if (!parts || !passes(filter, info.entry, *parts)) return;
    if (++total <= filter.limit) list.push_back(describe(info, *parts, now));
  });
  return {{"entries", std::move(list)}, {"total", total}};
}

std::optional<json> purge(cache::Cache& cache, const pipeline::Runtime& runtime, const admin::PurgeRequest& request) {
  const auto purged = carry_out(cache, runtime, request);
  if (!purged) return std::nullopt;
  const auto [by, value] = selection(request);
  log::event(log::Level::info, "purged",
             {{"by", by},
              {"what", value},
              {"mode", request.soft ? "soft" : "hard"},
              {"entries", std::to_string(purged->entries)},
              {"fetches", std::to_string(purged->fetches)}});
  return json{{"purged", purged->entries}, {"fetches", purged->fetches}};
}

}  // namespace pgw::service
