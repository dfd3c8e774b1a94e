#include "gateway/service/cache_admin.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/edit_distance.h"
#include "gateway/log/log.h"
#include "gateway/pipeline/references.h"
#include "gateway/service/entry_selection.h"

namespace pgw::service {
namespace {

using nlohmann::json;

/// Of the names that a purge without an effect is compared with: what takes some milliseconds.
constexpr std::size_t longest_compared = 200;
constexpr std::size_t compared_at_most = 20'000;

bool has_one_of(std::string_view joined, const cache::Tags& tags) {
  return std::ranges::any_of(tags, [&](const cache::Tag& tag) { return cache::has_tag(joined, tag.text()); });
}

bool passes(const admin::EntryFilter& filter, const cache::Entry& entry, const cache::KeyParts& parts) {
  if (filter.operation && parts.operation != *filter.operation) return false;
  if (filter.prefix && !target_starts_with(parts, *filter.prefix)) return false;
  return !filter.tag || has_one_of(entry.tags, tags_named(*filter.tag));
}

double seconds(cache::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// What a variant was selected by; the values of Authorization and Cookie are somebody's secrets.
json selection_of(const cache::Entry& entry) {
  json fields = json::object();
  for (const auto& [name, value] : entry.vary().request_fields()) {
    fields[std::string(name)] = name == "authorization" || name == "cookie" ? std::string_view("...") : value;
  }
  return fields;
}

json describe(const cache::EntryInfo& info, const cache::KeyParts& parts, cache::TimePoint now) {
  return {{"key", info.entry.key.view()},
          {"vary", selection_of(info.entry)},
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
  if (request.url) return {"url", *request.url};
  if (request.pattern) return {"pattern", *request.pattern};
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
  if (request.tag) return cache.purge_tags(tags_named(*request.tag), mode);
  if (request.path) {
    const auto tags = pipeline::tags_of_path(runtime, *request.path);
    if (tags.empty()) return std::nullopt;
    return cache.purge_tags(tags, mode);
  }
  if (request.operation) {
    if (runtime.contract->find(*request.operation) == nullptr) return std::nullopt;
    return purge_keys([&](const cache::KeyParts& parts) { return parts.operation == *request.operation; });
  }
  return purge_keys([&](const cache::KeyParts& parts) {
    if (request.prefix) return target_starts_with(parts, *request.prefix);
    return request.url ? is_target(parts, *request.url) : path_matches(parts, *request.pattern);
  });
}

/// Where nothing was met: what is most like what was asked for, so that a mistake is seen. Empty if there is nothing.
std::string nearest(const cache::Cache& cache, const admin::PurgeRequest& request) {
  const bool by_tag = request.tag.has_value();
  const std::string wanted = by_tag ? *request.tag : selection(request).second;
  std::string best;
  std::size_t best_distance = SIZE_MAX;
  std::size_t looked_at = 0;
  const auto consider = [&](std::string_view candidate) {
    if (candidate.size() > longest_compared || ++looked_at > compared_at_most) return;
    const std::size_t distance = base::edit_distance(wanted, candidate);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = candidate;
  };
  cache.for_each([&](const cache::EntryInfo& info) {
    if (!by_tag) {
      const auto parts = cache::parse_key(info.entry.key);
      if (parts) consider(target_of(*parts));
      return;
    }
    for (std::string_view tags = info.entry.tags; !tags.empty();) {
      const auto end = std::min(tags.find(' '), tags.size());
      consider(tags.substr(0, end));
      tags.remove_prefix(std::min(end + 1, tags.size()));
    }
  });
  return best;
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
          {"variant_evictions", stats.variant_evictions},
          {"refused_writes", stats.refused_writes},
          {"spared_fetches", stats.sheds},
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
  json answer{{"purged", purged->entries}, {"fetches", purged->fetches}};
  if (purged->entries == 0 && purged->fetches == 0 && !request.all) {
    if (auto name = nearest(cache, request); !name.empty()) answer["nearest"] = std::move(name);
  }
  return answer;
}

void outdate_changed_rules(cache::Cache& cache, const pipeline::Runtime& before, const pipeline::Runtime& after) {
  const auto& old_settings = before.settings.cache;
  const auto& new_settings = after.settings.cache;
  const auto rule_of = [](const config::CacheSettings& settings, const std::string& id) {
    const auto rule = settings.rules.find(id);
    return rule == settings.rules.end() ? config::CacheRule{} : rule->second;
  };
  std::set<std::string, std::less<>> changed;  // as keys spell them
  for (const auto& operation : after.contract->operations()) {
    const bool is_same = old_settings.heuristic == new_settings.heuristic &&
                         old_settings.store_cookies == new_settings.store_cookies &&
                         rule_of(old_settings, operation.id()) == rule_of(new_settings, operation.id());
    if (is_same) continue;
    std::string id;
    cache::append_encoded(id, operation.id());
    changed.insert(std::move(id));
  }
  if (changed.empty()) return;
  const auto outdated = cache.purge_keys(
      [&](std::string_view key) {
        const auto parts = cache::parse_key(key);
        return parts && changed.contains(parts->operation);
      },
      cache::PurgeMode::soft);
  log::event(log::Level::info, "what was stored under changed rules is stale",
             {{"operations", std::to_string(changed.size())}, {"entries", std::to_string(outdated.entries)}});
}

}  // namespace pgw::service
