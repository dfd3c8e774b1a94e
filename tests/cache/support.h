// What the tests of the cache share: a fixed time, headers that own their text, and one-line reads and answers.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "cache/cache.h"

namespace pgw::cache::testing {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT.
inline constexpr TimePoint kStart{784111777s};
inline TimePoint at(Duration since_start) {
  return kStart + since_start;
}

inline const Rule kNoRule;
inline const Snapshot kNoSnapshot;

// Header fields that own their text.
class Fields {
 public:
  Fields(std::initializer_list<std::pair<std::string, std::string>> list) : list_(list) { refresh(); }
  Fields(const Fields& other) : list_(other.list_) { refresh(); }
  Fields& operator=(const Fields& other) {
    list_ = other.list_;
    refresh();
    return *this;
  }
  void add(std::string name, std::string value) {
    list_.emplace_back(std::move(name), std::move(value));
    refresh();
  }
  operator HeaderSpan() const {
    return views_;
  }  // NOLINT(google-explicit-constructor): stands for a span in every call

 private:
  void refresh() {
    views_.clear();
    for (const auto& [name, value] : list_) views_.push_back({name, value});
  }
  std::vector<std::pair<std::string, std::string>> list_;
  std::vector<Header> views_;
};

inline Fields cache_control(std::string value) {
  return Fields{{"Cache-Control", std::move(value)}};
}

inline Tags tags(std::initializer_list<std::string> texts) {
  Tags list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

inline void no_waiter(const Shared& /*shared*/) {}

inline Options small_cache() {
  Options options;
  options.store.max_bytes = 1 << 20;
  return options;
}

// A small cache with one project's item to ask for.
struct Scene {
  explicit Scene(Options options = small_cache()) : cache(std::move(options)) {}

  Read item_read(HeaderSpan headers = {}) const {
    Read read;
    read.key = item_key;
    read.request_headers = headers;
    read.tags = item_tags;
    read.tags_if_refused = refusal_tags;
    read.rule = rule;
    return read;
  }
  Decision ask(Duration when, HeaderSpan headers = {}, Waiter waiter = no_waiter) {
    return cache.read(item_read(headers), at(when), std::move(waiter));
  }
  // Ends a fetch with a response; `result` tells what became of it.
  EntryPtr answer(Fetch& fetch, Duration when, const Fields& headers, std::string body = "{}", int status = 200) {
    return fetch.complete({status, headers, std::move(body)}, at(when), result);
  }
  // Fetches and stores.
  EntryPtr fill(Duration when, const Fields& headers, std::string body = "{}", HeaderSpan request_headers = {}) {
    Decision decision = ask(when, request_headers);
    return answer(decision.fetch, when, headers, std::move(body));
  }

  Cache cache;
  std::string item_key = make_key({"Projects_get", "u", "/projects/pr_1", ""});
  Tags item_tags = tags({"projects/pr_1"});
  Tags refusal_tags = tags({"projects/pr_1", "projects/*"});
  Tags write_tags = tags({"projects", "projects/pr_1"});
  Rule rule;
  StoreResult result = StoreResult::not_cacheable;
};

}  // namespace pgw::cache::testing
