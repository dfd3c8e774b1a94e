#include "gateway/service/cache_admin.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/edit_distance.h"
#include "gateway/log/log.h"
#include "gateway/pipeline/references.h"
#include "gateway/service/entry_selection.h"

namespace pgw::service {
namespace {

using nlohmann::json;

/// Of the names that a purge without an effect is compared with: what takes a tenth of a second at most.
constexpr std::size_t longest_compared = 200;
constexpr std::size_t compared_at_most = 5'000;

/// An entry to be listed, with what was known of it as it was found.
struct Listed {
  cache::EntryPtr entry;
  std::uint64_t hits;
  cache::StaleReason stale;
};

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

std::vector<std::string> texts_of(std::string_view tags) {
  std::vector<std::string> texts;
  for (const cache::Tag& tag : cache::split_tags(tags)) texts.push_back(tag.text());
  return texts;
}

json describe(const Listed& listed, cache::TimePoint now) {
  const cache::Entry& entry = *listed.entry;
  const auto parts = cache::parse_key(entry.key);
  json told{{"key", entry.key.view()},
            {"vary", selection_of(entry)},
            {"operation", parts->operation},
            {"path", parts->path},
            {"query", parts->query},
            {"status", entry.status},
            {"size_bytes", entry.size_bytes()},
            {"age_seconds", seconds(entry.age(now))},
            {"ttl_seconds", seconds(entry.ttl(now))},
            {"hits", listed.hits},
            {"current", listed.stale == cache::StaleReason::none},
            {"tags", texts_of(entry.tags)}};
  if (listed.stale != cache::StaleReason::none) told["why_stale"] = cache::to_string(listed.stale);
  return told;
}

/// Which of two stands first; of equal ones the one with the smaller key, and of variants the one that came first.
class Before {
 public:
  explicit Before(const admin::EntryFilter& filter) : filter_(filter) {}

  bool operator()(const Listed& a, const Listed& b) const {
    const auto first = rank(a);
    const auto second = rank(b);
    if (first != second) return filter_.is_descending ? first > second : first < second;
    if (a.entry->key != b.entry->key) {
      const bool is_turned = filter_.is_descending && filter_.sort == admin::EntryOrder::key;
      return is_turned ? b.entry->key.view() < a.entry->key.view() : a.entry->key.view() < b.entry->key.view();
    }
    return a.entry->response_time < b.entry->response_time;
  }

 private:
  /// At one and the same time, ages and times to live are in the order of their ends.
  std::int64_t rank(const Listed& listed) const {
    const cache::Entry& entry = *listed.entry;
    switch (filter_.sort) {
      case admin::EntryOrder::key:
        return 0;
      case admin::EntryOrder::hits:
        return static_cast<std::int64_t>(listed.hits);
      case admin::EntryOrder::size:
        return static_cast<std::int64_t>(entry.size_bytes());
      case admin::EntryOrder::age:
        return entry.age(entry.response_time).count() - entry.response_time.time_since_epoch().count();
      case admin::EntryOrder::ttl:
        return entry.ttl(entry.response_time).count() + entry.response_time.time_since_epoch().count();
    }
    return 0;
  }

  const admin::EntryFilter& filter_;
};

/// The first `count` of all that are shown to it, in order.
class First {
 public:
  First(std::size_t count, const Before& before) : count_(count), before_(before) {}

  void add(Listed listed) {
    ++total_;
    if (count_ == 0) return;
    list_.push_back(std::move(listed));
    if (list_.size() >= 2 * count_ + 1'000) cut();
  }

  std::vector<Listed> take() {
    cut();
    std::ranges::sort(list_, before_);
    return std::move(list_);
  }
  std::size_t total() const { return total_; }

 private:
  void cut() {
    if (list_.size() <= count_) return;
    std::ranges::nth_element(list_, list_.begin() + static_cast<std::ptrdiff_t>(count_), before_);
    list_.resize(count_);
  }

  const std::size_t count_;
  const Before before_;
  std::vector<Listed> list_;
  std::size_t total_ = 0;
};

/// What a purge is about, in one word and its value, for the log.
std::pair<std::string, std::string> selection(const admin::PurgeRequest& request) {
  if (request.tags.size() > 1) return {"tags", std::to_string(request.tags.size()) + " of them"};
  if (!request.tags.empty()) return {"tag", request.tags.front()};
  if (request.path) return {"path", *request.path};
  if (request.operation) return {"operation", *request.operation};
  if (request.prefix) return {"prefix", *request.prefix};
  if (request.url) return {"url", *request.url};
  if (request.pattern) return {"pattern", *request.pattern};
  if (request.key) return {"key", *request.key};
  return {"all", {}};
}

cache::Tags all_tags_named(const std::vector<std::string>& texts) {
  cache::Tags tags;
  for (const std::string& text : texts) {
    for (cache::Tag& tag : tags_named(text)) tags.push_back(std::move(tag));
  }
  return tags;
}

/// Whether any of what was named meets the entry of that key.
template <typename Meets>
std::function<bool(std::string_view)> any_of(std::vector<std::string> named, Meets meets) {
  return [named = std::move(named), meets](std::string_view key) {
    const auto parts = cache::parse_key(key);
    return parts && std::ranges::any_of(named, [&](const std::string& one) { return meets(*parts, one); });
  };
}

std::optional<cache::Purged> carry_out(cache::Cache& cache, const pipeline::Runtime& runtime,
                                       const admin::PurgeRequest& request) {
  const auto mode = request.soft ? cache::PurgeMode::soft : cache::PurgeMode::hard;
  const auto named = [&](const std::string& url) { return targets_named(url, runtime.contract->base_path()); };
  if (request.all) return cache.purge_all(mode);
  if (!request.tags.empty()) return cache.purge_tags(all_tags_named(request.tags), mode);
  if (request.path) {
    const auto tags = pipeline::tags_of_path(runtime, named(*request.path).front());
    if (tags.empty()) return std::nullopt;
    return cache.purge_tags(tags, mode);
  }
  if (request.operation) {
    if (runtime.contract->find(*request.operation) == nullptr) return std::nullopt;
    const auto is_of = [](const cache::KeyParts& parts, const std::string& id) { return parts.operation == id; };
    return cache.purge_keys(any_of({*request.operation}, is_of), mode);
  }
  if (request.key) return cache.purge_keys([&](std::string_view key) { return key == *request.key; }, mode);
  if (request.prefix) return cache.purge_keys(any_of(named(*request.prefix), target_starts_with), mode);
  if (request.url) return cache.purge_keys(any_of(named(*request.url), is_target), mode);
  return cache.purge_keys(any_of(named(*request.pattern), path_matches), mode);
}

/// Where nothing was met: what is most like what was asked for, so that a mistake is seen. Empty if there is nothing.
class Nearest {
 public:
  explicit Nearest(std::string wanted) : wanted_(std::move(wanted)) {}

  void consider(std::string_view candidate) {
    if (candidate.size() > longest_compared || wanted_.size() > longest_compared) return;
    const std::size_t at_least =
        std::max(candidate.size(), wanted_.size()) - std::min(candidate.size(), wanted_.size());
    if (at_least >= best_distance_ || ++looked_at_ > compared_at_most) return;
    const std::size_t distance = base::edit_distance(wanted_, candidate);
    if (distance >= best_distance_) return;
    best_distance_ = distance;
    best_ = candidate;
  }
  std::string best() && { return std::move(best_); }

 private:
  const std::string wanted_;
  std::string best_;
  std::size_t best_distance_ = SIZE_MAX;
  std::size_t looked_at_ = 0;
};

std::string nearest(const cache::Cache& cache, const pipeline::Runtime& runtime, const admin::PurgeRequest& request) {
  const bool by_tag = !request.tags.empty();
  const bool by_operation = request.operation.has_value();
  const std::string value = by_tag ? request.tags.front() : selection(request).second;
  Nearest nearest(by_tag || by_operation || request.key ? value
                                                        : targets_named(value, runtime.contract->base_path()).back());
  cache.for_each([&](const cache::EntryInfo& info) {
    const auto parts = cache::parse_key(info.entry.key);
    if (by_tag) {
      for (const cache::Tag& tag : cache::split_tags(info.entry.tags)) nearest.consider(tag.text());
    } else if (request.key) {
      nearest.consider(info.entry.key);
    } else if (parts) {
      nearest.consider(by_operation ? std::string(parts->operation) : target_of(*parts));
    }
  });
  return std::move(nearest).best();
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

json selection_of(const cache::Entry& entry) {
  json fields = json::object();
  for (const auto& [name, value] : entry.vary().request_fields()) {
    fields[std::string(name)] = name == "authorization" || name == "cookie" ? std::string_view("...") : value;
  }
  return fields;
}

json cache_entries(const cache::Cache& cache, const admin::EntryFilter& filter, cache::TimePoint now) {
  First first(filter.limit == 0 ? 0 : filter.offset + filter.limit, Before(filter));
  cache.for_each([&](const cache::EntryInfo& info) {
    const auto parts = cache::parse_key(info.entry.key);
    if (parts && passes(filter, info.entry, *parts)) first.add({info.shared, info.hits, info.stale});
  });
  json list = json::array();
  const auto listed = first.take();
  for (std::size_t i = filter.offset; i < listed.size(); ++i) list.push_back(describe(listed[i], now));
  json answer{{"entries", std::move(list)}, {"total", first.total()}};
  const std::size_t end = filter.offset + filter.limit;
  if (filter.limit > 0 && end < first.total()) answer["next"] = "offset=" + std::to_string(end);
  return answer;
}

std::optional<json> purge(cache::Cache& cache, const pipeline::Runtime& runtime, const admin::PurgeRequest& request) {
  const auto purged = carry_out(cache, runtime, request);
  if (!purged) return std::nullopt;
  const auto [by, value] = selection(request);
  log::event(log::Level::info, "purged",
             {{"by", by},
              {"what", value},
              {"mode", request.soft ? "soft" : "hard"},
              {"purge", std::to_string(purged->number)},
              {"entries", std::to_string(purged->entries)},
              {"fetches", std::to_string(purged->fetches)}});
  json answer{{"purged", purged->entries}, {"fetches", purged->fetches}, {"purge", purged->number}};
  if (purged->entries == 0 && purged->fetches == 0 && !request.all) {
    if (auto name = nearest(cache, runtime, request); !name.empty()) answer["nearest"] = std::move(name);
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
      cache::PurgeMode::outdated);
  log::event(log::Level::info, "what was stored under changed rules is stale",
             {{"operations", std::to_string(changed.size())}, {"entries", std::to_string(outdated.entries)}});
}

}  // namespace pgw::service
