#include "gateway/pipeline/cache_key.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cache/key.h"
#include "cache/vary.h"
#include "contract/operation_facts.h"

namespace pgw::pipeline {
namespace {

using Pairs = std::vector<std::string_view>;

std::string_view name_of(std::string_view pair) {
  return pair.substr(0, pair.find('='));
}

Pairs pairs_of(std::string_view query) {
  Pairs pairs;
  for (;;) {
    const auto end = query.find('&');
    pairs.push_back(query.substr(0, end));
    if (end == std::string_view::npos) return pairs;
    query.remove_prefix(end + 1);
  }
}

bool is_ignored(const config::CacheKeyRule& rule, std::string_view name) {
  return std::ranges::any_of(rule.ignore, [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

bool is_declared(const contract::Operation& operation, std::string_view name) {
  return std::ranges::any_of(operation.facts().query_parameters,
                             [&](const contract::Parameter& parameter) { return parameter.name == name; });
}

std::string joined(const Pairs& pairs) {
  std::string query;
  bool is_first = true;
  for (const auto pair : pairs) {
    if (!std::exchange(is_first, false)) query += '&';
    query += pair;
  }
  return query;
}

/// What of the query tells answers apart.
std::string keyed_query(const contract::Operation& operation, const config::CacheKeyRule& rule,
                        std::string_view query) {
  Pairs pairs = pairs_of(query);
  // To some origins a ';' separates, too: such a pair may hold others than its first name says.
  const auto is_one = [](std::string_view pair) { return pair.find(';') == std::string_view::npos; };
  std::erase_if(pairs, [&](std::string_view pair) { return is_one(pair) && is_ignored(rule, name_of(pair)); });
  if (std::ranges::all_of(
          pairs, [&](std::string_view pair) { return is_one(pair) && is_declared(operation, name_of(pair)); })) {
    std::ranges::stable_sort(pairs, {}, name_of);
  }
  return joined(pairs);
}

}  // namespace

void append_cache_key(std::string& key, const Runtime& runtime, const contract::Match& route, std::string_view query,
                      cache::HeaderSpan request_fields) {
  const OperationPolicy& policy = runtime.policy(*route.operation);
  const std::string& path = runtime.contract->canonical_path(route);
  key += policy.cache_key_prefix;
  const bool is_plain = policy.key_rule.ignore.empty() && query.find('&') == std::string_view::npos;
  if (is_plain) {
    cache::append_key_target(key, path, query);
  } else {
    cache::append_key_target(key, path, keyed_query(*route.operation, policy.key_rule, query));
  }
  for (const auto& name : policy.key_rule.fields)
    cache::append_key_field(key, name, cache::selecting_value(request_fields, name));
}

}  // namespace pgw::pipeline
