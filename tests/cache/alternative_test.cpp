// Further representations of what is stored: made once, counted, and gone with the entry.
#include "cache/heap_cost.h"
#include "cache/store.h"
#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

using State = Store::Alternative::State;

EntryPtr coded_entry_of(const std::string& key, std::size_t body_bytes) {
  const EntryContext context{key, {}, kNoRule, kNoSnapshot, "", kStart, kStart, {}};
  return make_entry(context, 200,
                    Fields{{"ETag", "\"v1\""}, {"Accept-Ranges", "bytes"}, {"Content-Type", "text/plain"}},
                    std::string(body_bytes, 'x'));
}

StoreOptions one_roomy_shard(std::size_t bytes) {
  StoreOptions options;
  options.max_bytes = bytes;
  options.shards = 1;
  options.max_object_share = 1;
  return options;
}

EntryPtr stored(Store& store, const std::string& key, std::size_t body_bytes) {
  EntryPtr entry = coded_entry_of(key, body_bytes);
  REQUIRE(store.insert(entry));
  return entry;
}

}  // namespace

TEST_CASE("An alternative says its coding and has an ETag of its own, and no ranges") {
  const auto made = make_alternative(*coded_entry_of("a", 10), "gzip", "\"v1--gzip\"", "zzz");
  CHECK(made->body == "zzz");
  CHECK(made->etag == "\"v1--gzip\"");
  CHECK(find_in_block(made->headers, "ETag") == "\"v1--gzip\"");
  CHECK(find_in_block(made->headers, "Content-Encoding") == "gzip");
  CHECK_FALSE(find_in_block(made->headers, "Accept-Ranges"));
  CHECK(made->not_modified_headers().find("Content-") == std::string_view::npos);
  CHECK(made->not_modified_headers().find("--gzip") != std::string_view::npos);
}

TEST_CASE("One caller makes an alternative, and others get it") {
  Store store(one_roomy_shard(1 << 20));
  const EntryPtr entry = stored(store, "a", 1'000);
  CHECK(store.alternative(entry, 0, kStart).state == State::make);
  CHECK(store.alternative(entry, 0, kStart).state == State::being_made);
  CHECK(store.alternative(entry, 1, kStart).state == State::make);
  const EntryPtr made = make_alternative(*entry, "gzip", "\"z\"", "z");
  store.keep_alternative(entry, 0, made, kStart);
  store.keep_alternative(entry, 1, nullptr, kStart);
  CHECK(store.alternative(entry, 0, kStart).entry == made);
  CHECK(store.alternative(entry, 1, kStart).state == State::useless);
}

TEST_CASE("An alternative takes room, and gives it back with its entry") {
  Store store(one_roomy_shard(1 << 20));
  const std::size_t empty = store.bytes();
  const EntryPtr entry = stored(store, "a", 1'000);
  const std::size_t before = store.bytes();
  store.alternative(entry, 0, kStart);
  std::weak_ptr<const Entry> made;
  {
    EntryPtr coded = make_alternative(*entry, "gzip", "\"z\"", std::string(500, 'z'));
    made = coded;
    const std::size_t size = coded->size_bytes();
    store.keep_alternative(entry, 0, std::move(coded), kStart);
    CHECK(store.bytes() >= before + size);
    CHECK(store.bytes() <= before + size + 200);
  }
  SECTION("erased") {
    CHECK(store.erase(entry));
  }
  SECTION("replaced, and then erased") {
    const EntryPtr next = stored(store, "a", 1'000);
    CHECK(store.bytes() == before);
    CHECK(store.alternative(next, 0, kStart).state == State::make);
    store.erase(next);
  }
  CHECK(made.expired());
  CHECK(store.bytes() == empty);
  CHECK(store.entries() == 0);
}

TEST_CASE("What is full makes room for an alternative as for an entry, and never holds more than its bound") {
  Store store(one_roomy_shard(64 << 10));
  for (int i = 0; i < 200; ++i) {
    const EntryPtr entry = stored(store, "key " + std::to_string(i), 1'000);
    if (store.alternative(entry, 0, kStart).state == State::make) {
      store.keep_alternative(entry, 0, make_alternative(*entry, "gzip", "\"z\"", std::string(900, 'z')), kStart);
    }
    CHECK(store.bytes() <= store.capacity());
  }
  CHECK(store.evictions() > 0);
  // Of what has left nothing is kept: who asks makes it for itself.
  const EntryPtr gone = coded_entry_of("key 0", 1'000);
  CHECK(store.alternative(gone, 0, kStart).state == State::make);
  CHECK(store.alternative(gone, 0, kStart).state == State::make);
  store.keep_alternative(gone, 0, coded_entry_of("z", 10), kStart);
  CHECK(store.alternative(gone, 0, kStart).state == State::make);
}
