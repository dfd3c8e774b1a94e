#include "cache/store.h"

#include <list>
#include <random>
#include <unordered_map>

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

EntryPtr entry_of(const std::string& key, std::size_t body_bytes, const Fields& headers = {},
                  const Fields& request = {}, TimePoint now = kStart) {
  const EntryContext context{key, request, kNoRule, kNoSnapshot, "", now, now, {}};
  return make_entry(context, 200, headers, std::string(body_bytes, 'x'));
}

Store::Found lookup(Store& store, const std::string& key, HeaderSpan request = {}) {
  return store.find(key, hash_key(key), request);
}

std::string numbered(std::size_t number) {
  return "key " + std::to_string(number);
}

// Plays a trace of keys, storing each miss; returns the share of hits.
double hit_ratio(Store& store, const std::vector<std::size_t>& trace) {
  std::size_t hits = 0;
  for (const std::size_t number : trace) {
    const std::string key = numbered(number);
    if (lookup(store, key).entry) {
      ++hits;
    } else {
      store.insert(entry_of(key, 500));
    }
  }
  return static_cast<double>(hits) / static_cast<double>(trace.size());
}

// What a cache of `capacity` equal entries would do with least recently used.
double lru_hit_ratio(std::size_t capacity, const std::vector<std::size_t>& trace) {
  std::list<std::size_t> order;
  std::unordered_map<std::size_t, std::list<std::size_t>::iterator> where;
  std::size_t hits = 0;
  for (const std::size_t number : trace) {
    if (const auto found = where.find(number); found != where.end()) {
      ++hits;
      order.erase(found->second);
    } else if (order.size() == capacity) {
      where.erase(order.back());
      order.pop_back();
    }
    order.push_front(number);
    where[number] = order.begin();
  }
  return static_cast<double>(hits) / static_cast<double>(trace.size());
}

// Zipf with exponent 1 over `keys`, a scan of new keys after every `period` requests.
std::vector<std::size_t> zipf_with_scans(std::size_t length, std::size_t keys, std::size_t period, std::size_t scan) {
  std::mt19937_64 random(7);
  std::vector<double> weights;
  for (std::size_t i = 1; i <= keys; ++i) weights.push_back(1.0 / static_cast<double>(i));
  std::discrete_distribution<std::size_t> zipf(weights.begin(), weights.end());
  std::vector<std::size_t> trace;
  std::size_t fresh = keys;
  while (trace.size() < length) {
    for (std::size_t i = 0; i < period; ++i) trace.push_back(zipf(random));
    for (std::size_t i = 0; i < scan; ++i) trace.push_back(fresh++);
  }
  return trace;
}

StoreOptions one_shard(std::size_t bytes) {
  StoreOptions options;
  options.max_bytes = bytes;
  options.shards = 1;
  return options;
}

}  // namespace

TEST_CASE("What was put in is found, under its whole key only") {
  Store store(one_shard(1 << 20));
  const EntryPtr entry = entry_of("a", 100);
  REQUIRE(store.insert(entry));
  CHECK(lookup(store, "a").entry == entry);
  CHECK_FALSE(lookup(store, "b").entry);
  // Another key with the same hash is another key.
  CHECK_FALSE(store.find("b", hash_key("a"), {}).entry);
  CHECK(store.entries() == 1);
}

TEST_CASE("A new entry replaces the one of the same key and variant, and its bytes") {
  Store store(one_shard(1 << 20));
  const std::size_t empty = store.bytes();
  store.insert(entry_of("a", 10100));
  const std::size_t with_large = store.bytes();
  const EntryPtr second = entry_of("a", 100);
  store.insert(second);
  CHECK(lookup(store, "a").entry == second);
  CHECK(store.entries() == 1);
  CHECK(with_large - store.bytes() == 10000);
  CHECK(store.erase(second));
  CHECK_FALSE(store.erase(second));
  CHECK(store.bytes() == empty);
}

TEST_CASE("Variants of one key live side by side, and the newest match answers") {
  Store store(one_shard(1 << 20));
  const Fields vary{{"Vary", "Accept-Language"}};
  const Fields german{{"Accept-Language", "de"}};
  const Fields english{{"Accept-Language", "en"}};
  const EntryPtr in_german = entry_of("a", 10, vary, german);
  const EntryPtr in_english = entry_of("a", 10, vary, english, at(1s));
  store.insert(in_german);
  store.insert(in_english);
  CHECK(lookup(store, "a", german).entry == in_german);
  CHECK(lookup(store, "a", english).entry == in_english);
  const auto neither = lookup(store, "a");
  CHECK_FALSE(neither.entry);
  CHECK(neither.other_variant == in_english);
  const EntryPtr for_all = entry_of("a", 10, {}, {}, at(2s));
  store.insert(for_all);
  CHECK(lookup(store, "a").entry == for_all);
  // RFC 9111 4.1: it may lack Vary by mistake, and hides none of those that have it.
  CHECK(lookup(store, "a", german).entry == in_german);
  CHECK(store.entries() == 3);
}

TEST_CASE("The variants of one key are bounded: of those that are used least, the oldest leaves") {
  StoreOptions options = one_shard(1 << 20);
  options.max_variants = 3;
  Store store(options);
  for (int i = 0; i < 5; ++i) {
    store.insert(entry_of("a", 10, {{"Vary", "X"}}, {{"X", std::to_string(i)}}, at(std::chrono::seconds(i))));
    CHECK(lookup(store, "a", Fields{{"X", "0"}}).entry);  // used all the time
  }
  CHECK(store.entries() == 3);
  CHECK(store.variant_evictions() == 2);
  CHECK(store.evictions() == 0);
  CHECK_FALSE(lookup(store, "a", Fields{{"X", "1"}}).entry);
  CHECK_FALSE(lookup(store, "a", Fields{{"X", "2"}}).entry);
  CHECK(lookup(store, "a", Fields{{"X", "3"}}).entry);
}

TEST_CASE("An object above its share is refused and leaves the rest alone") {
  StoreOptions options = one_shard(1 << 20);
  options.max_object_share = 1.0 / 16;
  Store store(options);
  CHECK(store.max_object_bytes() == 65536);
  store.insert(entry_of("a", 100));
  CHECK_FALSE(store.insert(entry_of("a", 65536)));
  CHECK(lookup(store, "a").entry->body.size() == 100);
  CHECK(store.insert(entry_of("b", 60000)));
}

TEST_CASE("A store too small to be of use stores nothing") {
  Store store(one_shard(1000));
  CHECK_FALSE(store.insert(entry_of("a", 1)));
  CHECK(store.entries() == 0);
}

TEST_CASE("The bound holds after every one of many random operations, and all bytes are given back") {
  StoreOptions options;
  options.max_bytes = 1 << 18;
  options.shards = GENERATE(1U, 4U);
  Store store(options);
  const std::size_t empty = store.bytes();
  std::mt19937_64 random(42);
  std::vector<EntryPtr> recent;
  for (int i = 0; i < 20000; ++i) {
    const std::string key = numbered(random() % 500);
    switch (random() % 4) {
      case 0:
        lookup(store, key);
        break;
      case 1:
        if (!recent.empty()) store.erase(recent[random() % recent.size()]);
        break;
      default:
        recent.push_back(entry_of(key, random() % 9000, {{"Vary", "X"}}, {{"X", std::to_string(random() % 3)}}));
        store.insert(recent.back());
        if (recent.size() > 50) recent.erase(recent.begin());
    }
    if (store.bytes() > store.capacity()) FAIL("bound exceeded at step " << i);
  }
  CHECK(store.evictions() > 0);
  CHECK(store.bytes() > store.capacity() / 2);
  std::size_t counted = 0;
  store.for_each([&](const Store::Info& info) { counted += info.entry->size_bytes(); });
  CHECK(counted < store.bytes());
  store.erase_if([](const Entry&) { return true; });
  CHECK(store.entries() == 0);
  CHECK(store.bytes() == empty);
}

TEST_CASE("A key that returns soon after it left goes to the main queue and survives a scan") {
  Store store(one_shard(1 << 18));
  // Fill with entries in use, so that new ones only pass through.
  for (std::size_t i = 0; i < 150; ++i) {
    store.insert(entry_of(numbered(i), 500));
    lookup(store, numbered(i));
  }
  for (std::size_t i = 1000; i < 1300; ++i) store.insert(entry_of(numbered(i), 500));
  std::size_t left = 1299;
  while (lookup(store, numbered(left)).entry) --left;
  store.insert(entry_of(numbered(left), 500));
  for (std::size_t i = 2000; i < 2100; ++i) store.insert(entry_of(numbered(i), 500));
  CHECK(lookup(store, numbered(left)).entry);
  CHECK_FALSE(lookup(store, numbered(2000)).entry);
}

TEST_CASE("Scans don't wash out what is in use: more hits than least recently used") {
  const auto trace = zipf_with_scans(60000, 2000, 500, 300);
  Store store(one_shard(1 << 18));
  const double ours = hit_ratio(store, trace);
  const double lru = lru_hit_ratio(store.entries(), trace);
  CAPTURE(ours, lru, store.entries());
  CHECK(ours > lru + 0.04);
}

TEST_CASE("Without scans, too, it hits no less than least recently used") {
  const auto trace = zipf_with_scans(60000, 2000, 1000, 0);
  Store store(one_shard(1 << 18));
  const double ours = hit_ratio(store, trace);
  const double lru = lru_hit_ratio(store.entries(), trace);
  CAPTURE(ours, lru, store.entries());
  CHECK(ours > lru);
}

TEST_CASE("Entries can be marked stale by a predicate, until replaced") {
  Store store(one_shard(1 << 20));
  store.insert(entry_of("a", 10));
  store.insert(entry_of("b", 10));
  CHECK(store.mark_if([](const Entry& entry) { return entry.key == "a"; }, StaleMark::outdated()) == 1);
  CHECK(lookup(store, "a").mark.is_set());
  CHECK_FALSE(lookup(store, "b").mark.is_set());
  store.insert(entry_of("a", 10));
  CHECK_FALSE(lookup(store, "a").mark.is_set());
}

TEST_CASE("A listing tells the hits of an entry through its replacements") {
  Store store(one_shard(1 << 20));
  store.insert(entry_of("a", 10));
  lookup(store, "a");
  lookup(store, "a");
  store.insert(entry_of("a", 20));
  lookup(store, "a");
  std::uint64_t hits = 0;
  store.for_each([&](const Store::Info& info) { hits += info.hits; });
  CHECK(hits == 3);
}

TEST_CASE("An evicted entry stays whole for who holds it") {
  Store store(one_shard(1 << 16));
  const EntryPtr held = entry_of("held", 1000);
  store.insert(held);
  for (std::size_t i = 0; i < 1000; ++i) store.insert(entry_of(numbered(i), 1000));
  CHECK_FALSE(lookup(store, "held").entry);
  CHECK(held->body == std::string(1000, 'x'));
}

TEST_CASE("An entry costs at most 300 bytes beside its key, its headers and its body") {
  const auto [body_bytes, fields] = GENERATE(table<std::size_t, Fields>({
      {0, {}},
      {1200, {{"Content-Type", "application/json"}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}},
      {1207, {{"ETag", "\"v1\""}, {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}},
      {100'000, {{"Cache-Control", "max-age=60"}}},
  }));
  Store store({});
  const std::size_t empty = store.bytes();
  const Generations generations;
  const Tags tags{Tag("projects/pr_1234567890")};
  const Snapshot snapshot = generations.snapshot(tags, kStart);
  const EntryContext context{"Projects_get 0123456789abcdef /projects/pr_1234567890",
                             {},
                             kNoRule,
                             snapshot,
                             tags[0].text(),
                             kStart,
                             kStart,
                             {}};
  const EntryPtr entry = make_entry(context, 200, fields, std::string(body_bytes, 'x'));
  REQUIRE(store.insert(entry));
  CHECK(store.bytes() - empty <= entry->key.size() + entry->headers.size() + entry->body.size() + 300);
}
