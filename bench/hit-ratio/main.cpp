// Hit ratios of the cache's own store beside those of least recently used, at the same bound in bytes, on traces of
// different kinds. Entries are of equal size, as entries of one API tend to be; the store's index and ghost queue count
// against its bound, while LRU gets its bookkeeping for nothing.
#include <cstdio>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/store.h"
#include "traces.h"

namespace {

using namespace pgw::bench;
namespace cache = pgw::cache;

constexpr std::size_t kLength = 1'000'000;
constexpr std::size_t kKeys = 50'000;
constexpr std::size_t kBodyBytes = 600;

cache::EntryPtr entry_of(const std::string& key) {
  static const cache::Rule rule;
  static const cache::Snapshot snapshot;
  static const auto body = std::string(kBodyBytes, 'x');
  const cache::EntryContext context{key, {}, rule, snapshot, "projects/pr_1", {}, {}, {}};
  return cache::make_entry(context, 200, {}, body);
}

std::string key_of(std::uint32_t number) {
  return cache::make_key({"Projects_get", "0123456789abcdef", "/projects/pr_" + std::to_string(number), ""});
}

// What one entry takes of a store's bound.
std::size_t cost_of_an_entry() {
  cache::StoreOptions options;
  options.max_bytes = 1 << 20;
  cache::Store store(options);
  const std::size_t empty = store.bytes();
  store.insert(entry_of(key_of(12345)));
  return store.bytes() - empty;
}

double ratio(std::size_t hits, const Trace& trace) {
  return 100 * static_cast<double>(hits) / static_cast<double>(trace.size());
}

double store_ratio(std::size_t bytes, const Trace& trace) {
  cache::StoreOptions options;
  options.max_bytes = bytes;
  cache::Store store(options);
  std::size_t hits = 0;
  for (const std::uint32_t number : trace) {
    const std::string key = key_of(number);
    if (store.find(key, cache::hash_key(key), {}).entry) {
      ++hits;
    } else {
      store.insert(entry_of(key));
    }
  }
  return ratio(hits, trace);
}

double lru_ratio(std::size_t capacity, const Trace& trace) {
  std::list<std::uint32_t> order;
  std::unordered_map<std::uint32_t, std::list<std::uint32_t>::iterator> where;
  std::size_t hits = 0;
  for (const std::uint32_t number : trace) {
    if (const auto found = where.find(number); found != where.end()) {
      ++hits;
      order.splice(order.begin(), order, found->second);
      continue;
    }
    if (order.size() == capacity) {
      where.erase(order.back());
      order.pop_back();
    }
    order.push_front(number);
    where[number] = order.begin();
  }
  return ratio(hits, trace);
}

std::vector<NamedTrace> traces() {
  return {{"Zipf 0.8", zipf(kLength, kKeys, 0.8)},
          {"Zipf 1.0", zipf(kLength, kKeys, 1.0)},
          {"Zipf 1.2", zipf(kLength, kKeys, 1.2)},
          {"Zipf 1.0, popularity shifts", zipf_that_shifts(kLength, kKeys, 1.0, kLength / 10)},
          {"Zipf 1.0, short scans", zipf_with_scans(kLength, kKeys, 1.0, 2'000, 1'000)},
          {"Zipf 1.0, long scans", zipf_with_scans(kLength, kKeys, 1.0, 20'000, 20'000)},
          {"Zipf 1.0 and a loop, in turn", zipf_with_loop(kLength, kKeys, 1.0)},
          {"loop", loop(kLength, kKeys)}};
}

}  // namespace

int main() {
  const std::size_t cost = cost_of_an_entry();
  std::printf("%zu requests, %zu keys, %zu bytes an entry; hits in %%\n\n", kLength, kKeys, cost);
  std::printf("%-30s %10s %10s %10s %10s\n", "trace", "room for", "S3-FIFO", "LRU", "better by");
  for (const auto& [name, keys] : traces()) {
    for (const std::size_t percent : {2, 10, 50, 90}) {
      const std::size_t bytes = cost * kKeys * percent / 100;
      const double ours = store_ratio(bytes, keys);
      const double lru = lru_ratio(bytes / cost, keys);
      std::printf("%-30s %9zu%% %10.1f %10.1f %+10.1f\n", name.c_str(), percent, ours, lru, ours - lru);
    }
  }
  return 0;
}
