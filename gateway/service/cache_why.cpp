#include "gateway/service/cache_why.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cache/key.h"
#include "config/settings.h"
#include "gateway/pipeline/cache_key.h"
#include "gateway/pipeline/references.h"
#include "gateway/service/cache_admin.h"
#include "gateway/service/entry_selection.h"

namespace pgw::service {
namespace {

using nlohmann::json;

double in_seconds(cache::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string_view source_of(cache::LifetimeSource source) {
  switch (source) {
    case cache::LifetimeSource::s_maxage:
      return "s-maxage";
    case cache::LifetimeSource::max_age:
      return "max-age";
    case cache::LifetimeSource::expires:
      return "Expires";
    case cache::LifetimeSource::rule:
      return "rule";
    case cache::LifetimeSource::heuristic:
      return "heuristic";
    case cache::LifetimeSource::none:
      return "none";
  }
  return "";
}

std::string_view action_of(const cache::Why& why) {
  switch (why.action) {
    case cache::ReadAction::serve:
      return why.stale == cache::StaleReason::none ? "served from memory" : "served from memory, stale";
    case cache::ReadAction::serve_stale_and_refresh:
      return "served from memory, stale, and fetched anew in the background";
    case cache::ReadAction::serve_stale_on_error:
      return "served from memory in the place of an upstream that sheds load";
    case cache::ReadAction::wait:
    case cache::ReadAction::fetch:
      return "fetched";
    case cache::ReadAction::revalidate:
      return "asked of the upstream, which may confirm what is stored";
    case cache::ReadAction::pass:
      return "passed on; the answer is not stored";
    case cache::ReadAction::only_if_cached_miss:
      return "answered 504: only-if-cached, and nothing stored can be used";
    case cache::ReadAction::shed:
      return "answered for the upstream, which has asked not to be asked";
  }
  return "";
}

json movement_of(const std::optional<cache::Movement>& movement, cache::TimePoint now) {
  if (!movement) return nullptr;
  json told{{"by", cache::to_string(movement->mover)}, {"seconds_ago", in_seconds(now - movement->at)}};
  if (movement->mover == cache::Mover::purge) {
    told["purge"] = movement->by;
  } else {
    told["request_id"] = movement->by;
  }
  return told;
}

json tags_of(const cache::Why& why, cache::TimePoint now) {
  json list = json::array();
  for (const auto& tag : why.tags) {
    json told{{"tag", tag.tag}, {"last_moved", movement_of(tag.last_moved, now)}};
    if (tag.writes_under_way > 0) told["writes_under_way"] = tag.writes_under_way;
    if (tag.unsettled_until && *tag.unsettled_until > now) {
      told["unsettled_for_seconds"] = in_seconds(*tag.unsettled_until - now);
    }
    list.push_back(std::move(told));
  }
  return list;
}

json entries_of(const cache::Why& why, cache::TimePoint now) {
  json list = json::array();
  for (const auto& variant : why.variants) {
    const cache::Entry& entry = *variant.entry;
    const auto& freshness = entry.freshness;
    // A rule's lifetime counts from receipt, and is kept with the age that the answer had then.
    const bool counts_from_receipt = freshness.lifetime.source == cache::LifetimeSource::rule;
    const auto lifetime = freshness.lifetime.value - (counts_from_receipt ? entry.initial_age : cache::Duration{0});
    json told{{"vary", selection_of(entry)},
              {"selected", variant.is_selected},
              {"status", entry.status},
              {"hits", variant.hits},
              {"age_seconds", in_seconds(entry.age(now))},
              {"lifetime_seconds", in_seconds(lifetime)},
              {"lifetime_from", source_of(freshness.lifetime.source)},
              {"ttl_seconds", in_seconds(entry.ttl(now))},
              {"stale_while_revalidate_seconds", in_seconds(freshness.stale_while_revalidate)},
              {"stale_if_error_seconds", in_seconds(freshness.stale_if_error)},
              {"current", variant.stale == cache::StaleReason::none}};
    if (variant.stale != cache::StaleReason::none) told["why_stale"] = cache::to_string(variant.stale);
    list.push_back(std::move(told));
  }
  return list;
}

json departure_of(const cache::Departed& departed, cache::TimePoint now) {
  json told{{"how", cache::to_string(departed.how)}, {"seconds_ago", in_seconds(now - departed.at)}};
  if (!departed.why.empty()) told["why"] = departed.why;
  if (departed.purge != 0) told["purge"] = "purge " + std::to_string(departed.purge);
  return told;
}

json now_of(const cache::Why& why) {
  json told{{"action", action_of(why)}};
  if (const auto reason = cache::fwd_token(why.reason); !reason.empty()) told["fwd"] = reason;
  if (const auto stale = cache::to_string(why.stale); !stale.empty()) told["why_stale"] = stale;
  if (why.reason == cache::MissReason::bypass) told["why"] = "write-unsettled";
  if (why.asks_alone) told["waits_for_others"] = false;
  if (why.shed.status != 0) told["upstream_sheds_for_seconds"] = in_seconds(why.shed.wait);
  return told;
}

/// The rule of the operation as the configuration says it; null without one.
json rule_of(const pipeline::Runtime& runtime, const contract::Operation& operation) {
  const json settings = config::redacted(runtime.settings);
  const auto& rules = settings.at("cache").at("rules");
  const auto found = rules.find(operation.id());
  return found == rules.end() ? json() : *found;
}

std::vector<cache::Header> field_views(const admin::WhyRequest& request) {
  std::vector<cache::Header> views;
  for (const auto& [name, value] : request.fields) views.push_back({name, value});
  return views;
}

std::optional<contract::Match> route_of(const pipeline::Runtime& runtime, const std::string& url) {
  for (const std::string& target : targets_named(url, runtime.contract->base_path())) {
    const auto path = std::string_view(target).substr(0, target.find('?'));
    auto route = runtime.contract->match("GET", runtime.contract->base_path() + std::string(path));
    if (route.status == contract::Route::Status::found) return std::move(route.match);
  }
  return std::nullopt;
}

}  // namespace

std::optional<json> cache_why(const cache::Cache& cache, const pipeline::Runtime& runtime,
                              const admin::WhyRequest& request, cache::TimePoint now) {
  const auto route = route_of(runtime, request.url);
  if (!route || route->operation->method() != "GET") return std::nullopt;
  const contract::Operation& operation = *route->operation;
  const auto mark = request.url.find('?');
  const std::string query = mark == std::string::npos ? std::string() : request.url.substr(mark + 1);
  const auto fields = field_views(request);
  std::string key;
  pipeline::append_cache_key(key, runtime, *route, query, fields);
  const auto tags = cache::read_tags(pipeline::segments_of(*route), runtime.base_segments);
  const bool is_authorized = std::ranges::any_of(fields, [&](const cache::Header& field) {
    return runtime.policy(operation).fields.role_of(field.name) == pipeline::FieldRole::credential;
  });
  const cache::Read read{.key = key,
                         .request_headers = fields,
                         .tags = tags,
                         .rule = runtime.policy(operation).rule,
                         .authorized = is_authorized};
  const cache::Why why = cache.why(read, now);
  json told{{"operation", operation.id()},         {"key", key},
            {"rule", rule_of(runtime, operation)}, {"entries", entries_of(why, now)},
            {"tags", tags_of(why, now)},           {"now", now_of(why)}};
  if (!runtime.policy(operation).is_cached) told["now"] = {{"action", "passed on; the rule says off"}};
  if (why.departed) told["gone"] = departure_of(*why.departed, now);
  if (why.everything_moved) told["everything_purged"] = movement_of(why.everything_moved, now);
  return told;
}

}  // namespace pgw::service
