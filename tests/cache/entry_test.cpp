#include "cache/entry.h"

#include <set>

#include "base/http_date.h"
#include "cache/conditional.h"
#include "cache/heap_cost.h"
#include "cache/support.h"
#include "support/catch.h"

namespace base = pgw::base;
using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

EntryContext context_at(TimePoint now) {
  return {"key", {}, kNoRule, kNoSnapshot, "tag", now, now, {}};
}

EntryPtr entry_of(const Fields& headers, const std::string& body = "body", int status = 200) {
  return make_entry(context_at(kStart), status, headers, body);
}

EntryPtr updated(const EntryPtr& entry, TimePoint now, const Fields& not_modified) {
  return update_entry(context_at(now), *entry, merge_fields(*entry, not_modified));
}

}  // namespace

TEST_CASE("A stored header block is end-to-end fields as received, in order, ready to be sent") {
  const EntryPtr entry = entry_of({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                   {"X-Twice", "1"},
                                   {"Connection", "close, X-Hop"},
                                   {"X-Hop", "1"},
                                   {"x-twice", "2"},
                                   {"Keep-Alive", "timeout=5"},
                                   {"Proxy-Connection", "close"},
                                   {"TE", "trailers"},
                                   {"Trailer", "x"},
                                   {"Transfer-Encoding", "chunked"},
                                   {"Upgrade", "x"},
                                   {"Proxy-Authenticate", "x"},
                                   {"Age", "5"},
                                   {"Content-Length", "4"},
                                   {"Cache-Control", "max-age=9, no-cache=\"X-Private\", private=\"X-Own\""},
                                   {"X-Private", "1"},
                                   {"X-Own", "1"},
                                   {"ETag", "\"v1\""}});
  CHECK(entry->headers ==
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Twice: 1\r\nx-twice: 2\r\n"
        "Cache-Control: max-age=9, no-cache=\"X-Private\", private=\"X-Own\"\r\nETag: \"v1\"\r\n");
  CHECK(entry->etag == "\"v1\"");
  CHECK(entry->etag_from_origin);
}

TEST_CASE("What a 304 repeats stands before what describes the body") {
  const EntryPtr entry = entry_of({{"Content-Type", "text/plain"},
                                   {"content-location", "/here"},
                                   {"Content-Encoding", "br"},
                                   {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                   {"ETag", "\"v1\""}});
  const std::string_view repeated =
      "content-location: /here\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"v1\"\r\n";
  CHECK(entry->not_modified_headers() == repeated);
  CHECK(entry->headers == std::string(repeated) + "Content-Type: text/plain\r\nContent-Encoding: br\r\n");
  CHECK(entry_of({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}})->not_modified_headers().size() > 0);
}

TEST_CASE("An ETag is made from the body when the origin has none, and Date from the clock") {
  const EntryPtr a = entry_of({}, "one");
  const EntryPtr b = entry_of({}, "two");
  CHECK(a->etag.size() == 34);
  CHECK(a->etag == entry_of({}, "one")->etag);
  CHECK(a->etag != b->etag);
  CHECK_FALSE(a->etag_from_origin);
  CHECK(a->headers == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: " + std::string(a->etag) + "\r\n");
  CHECK(entry_of({}, "one", 404)->etag.empty());
}

TEST_CASE("A cookie is stored only where the operator says so and the origin gives a lifetime") {
  const auto [directives, is_kept] = GENERATE(table<std::string, bool>({
      {"max-age=9", true},
      {"s-maxage=9", true},
      {"max-age=9, no-cache=\"Set-Cookie\"", false},
      {"public", false},
  }));
  CAPTURE(directives);
  const Rule rule{.ttl = 10s, .keeps_cookies = true};
  EntryContext base_context = context_at(kStart);
  const EntryContext context{.key = base_context.key,
                             .request_headers = base_context.request_headers,
                             .rule = rule,
                             .snapshot = base_context.snapshot,
                             .tags = base_context.tags,
                             .request_time = kStart,
                             .response_time = kStart,
                             .targeted_field = {}};
  const Fields headers{{"Set-Cookie", "a=b"}, {"Cache-Control", directives}};
  CHECK(find_in_block(make_entry(context, 200, headers, "body")->headers, "Set-Cookie").has_value() == is_kept);
}

TEST_CASE("A cookie is not stored otherwise, whoever says how long the response is fresh") {
  const std::string directives = GENERATE("max-age=9", "s-maxage=9", "public", "max-age=9, no-cache=\"Set-Cookie\"");
  CAPTURE(directives);
  const Fields headers{{"Set-Cookie", "a=b"}, {"Cache-Control", directives}};
  const EntryPtr entry = entry_of(headers);
  CHECK_FALSE(find_in_block(entry->headers, "Set-Cookie"));
  const auto unstored = unstored_fields(200, headers, *entry);
  REQUIRE(unstored.size() == 1);
  CHECK(unstored[0].name == "Set-Cookie");
}

TEST_CASE("A rule's ttl counts from receipt, whatever the origin's clock and Age say") {
  const Rule rule{.ttl = 10s};
  const Fields headers =
      GENERATE(Fields{{"Date", base::format_http_date(at(-90s))}}, Fields{{"Age", "3600"}}, Fields{});
  EntryContext base_context = context_at(kStart);
  const EntryContext context{.key = base_context.key,
                             .request_headers = base_context.request_headers,
                             .rule = rule,
                             .snapshot = base_context.snapshot,
                             .tags = base_context.tags,
                             .request_time = kStart,
                             .response_time = kStart,
                             .targeted_field = {}};
  const EntryPtr entry = make_entry(context, 200, headers, "body");
  CHECK(entry->ttl(at(0s)) == 10s);
  CHECK(entry->ttl(at(10s)) == 0s);
}

TEST_CASE("The origin's dates are compared with the wall clock, the time in the cache goes by the other one") {
  const Duration wall_ahead = GENERATE(Duration{0}, Duration{1h}, Duration{-1h});
  const Rule rule;
  EntryContext base_context = context_at(kStart);
  const EntryContext context{.key = base_context.key,
                             .request_headers = base_context.request_headers,
                             .rule = rule,
                             .snapshot = base_context.snapshot,
                             .tags = base_context.tags,
                             .request_time = kStart,
                             .response_time = kStart,
                             .targeted_field = {},
                             .wall_ahead = wall_ahead};
  const TimePoint wall_time = kStart + wall_ahead;
  const Fields headers{{"Date", base::format_http_date(wall_time - 5s)},
                       {"Expires", base::format_http_date(wall_time + 55s)}};
  const EntryPtr entry = make_entry(context, 200, headers, "body");
  CHECK(entry->age(kStart) == 5s);
  CHECK(entry->ttl(at(10s)) == 45s);
  CHECK(find_in_block(make_entry(context, 200, {}, "body")->headers, "Date") == base::format_http_date(wall_time));
}

TEST_CASE("Jitter makes a rule's ttl shorter by up to so much, by key and time") {
  const Rule rule{.ttl = 100s, .jitter_percent = 10};
  std::set<Duration> lifetimes;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "key " + std::to_string(i);
    EntryContext base_context = context_at(kStart);
    const EntryContext context{.key = key,
                               .request_headers = base_context.request_headers,
                               .rule = rule,
                               .snapshot = base_context.snapshot,
                               .tags = base_context.tags,
                               .request_time = kStart,
                               .response_time = kStart,
                               .targeted_field = {}};
    const Duration ttl = make_entry(context, 200, {}, "body")->ttl(kStart);
    CHECK((ttl >= 90s && ttl <= 100s));
    lifetimes.insert(ttl);
  }
  CHECK(lifetimes.size() > 20);
}

TEST_CASE("What an entry does not keep of a response is known, for the one who asked") {
  const Fields headers{{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                       {"Cache-Control", "max-age=9, private=\"X-Own\", no-cache=\"Set-Cookie\""},
                       {"Set-Cookie", "a=1"},
                       {"X-Own", "2"},
                       {"Set-Cookie", "b=3"},
                       {"Age", "1"},
                       {"Content-Length", "4"},
                       {"X-Other", "5"}};
  std::string unstored;
  for (const auto& [name, value] : unstored_fields(200, headers, *entry_of(headers))) {
    append_line(unstored, name, value);
  }
  CHECK(unstored == "Set-Cookie: a=1\r\nX-Own: 2\r\nSet-Cookie: b=3\r\n");
}

TEST_CASE("What a 304 says of the bytes of a body is not for the one who asked either: the body is the stored one") {
  const EntryPtr entry = entry_of({{"Cache-Control", "max-age=0"}, {"ETag", "\"a\""}});
  const Fields headers{{"ETag", "\"a\""}, {"Content-Encoding", "gzip"}, {"Content-MD5", "x"}, {"Set-Cookie", "a=1"}};
  const auto unstored = unstored_fields(304, headers, *entry);
  REQUIRE(unstored.size() == 1);
  CHECK(unstored[0].name == "Set-Cookie");
}

TEST_CASE("An error stands in for no other error") {
  const Fields headers = cache_control("max-age=0, stale-if-error=60");
  CHECK(entry_of(headers, "body", 200)->usable_on_error(at(1s), {}));
  CHECK(entry_of(headers, "body", 404)->usable_on_error(at(1s), {}));
  CHECK_FALSE(entry_of(headers, "body", 503)->usable_on_error(at(1s), {}));
  CHECK_FALSE(entry_of(headers, "body", 200)->usable_on_error(at(60s), {}));
}

TEST_CASE("The age grows from the initial age, and a clock that steps back doesn't make it shrink") {
  const EntryPtr entry = entry_of({{"Age", "7"}, {"Cache-Control", "max-age=10"}});
  CHECK(entry->age(kStart) == 7s);
  CHECK(entry->age(at(2500ms)) == 9500ms);
  CHECK(entry->ttl(at(2500ms)) == 500ms);
  CHECK(entry->ttl(at(5s)) == -2s);
  CHECK(entry->age(at(-100s)) == 7s);
}

TEST_CASE("The size of an entry grows by every byte of headers and body") {
  const std::size_t small = entry_of({}, std::string(100, 'x'))->size_bytes();
  CHECK(small > sizeof(Entry) + 100);
  CHECK(entry_of({}, std::string(10100, 'x'))->size_bytes() - small == 10000);
  const std::string value(10'000 - std::string("X: \r\n").size(), 'x');
  CHECK(entry_of({{"X", value}}, std::string(100, 'x'))->size_bytes() - small == 10'000);
}

TEST_CASE("A 304 replaces fields, keeps the others and the body, and starts a new life") {
  const EntryPtr stored = entry_of({{"Date", base::format_http_date(kStart)},
                                    {"ETag", "\"v1\""},
                                    {"Cache-Control", "max-age=10"},
                                    {"Content-Type", "application/json"},
                                    {"Content-Encoding", "gzip"},
                                    {"X-Old", "1"},
                                    {"X-Kept", "1"}});
  const EntryPtr fresh = updated(stored, at(60s),
                                 {{"Date", base::format_http_date(at(60s))},
                                  {"ETag", "\"v1\""},
                                  {"Cache-Control", "max-age=20"},
                                  {"Content-Encoding", "br"},
                                  {"Content-Length", "0"},
                                  {"X-Old", "2"},
                                  {"X-Old", "3"},
                                  {"X-New", "4"},
                                  {"Connection", "X-Hop"},
                                  {"X-Hop", "5"}});
  CHECK(fresh->body == stored->body);
  CHECK(fresh->status == 200);
  CHECK(fresh->age(at(60s)) == 0s);
  CHECK(fresh->freshness.lifetime.value == 20s);
  const auto value = [&](std::string_view name) { return find_in_block(fresh->headers, name); };
  CHECK(value("Content-Type") == "application/json");
  CHECK(value("Content-Encoding") == "gzip");
  CHECK(value("X-Kept") == "1");
  CHECK(value("X-Old") == "2");
  CHECK(value("X-New") == "4");
  CHECK_FALSE(value("X-Hop"));
  CHECK_FALSE(value("Content-Length"));
  CHECK(fresh->headers.view().find("X-Old: 1") == std::string::npos);
  CHECK(fresh->headers.view().find("X-Old: 2\r\nX-Old: 3\r\n") != std::string::npos);
}

TEST_CASE("Validators that are not stored with the fields are known all the same") {
  const std::string date = base::format_http_date(at(-100s));
  const EntryPtr entry = entry_of({{"Connection", "ETag, Last-Modified"}, {"ETag", "\"v1\""}, {"Last-Modified", date}});
  CHECK_FALSE(find_in_block(entry->headers, "ETag"));
  CHECK(entry->etag == "\"v1\"");
  CHECK(entry->last_modified == date);
  CHECK(entry->body == "body");
}

TEST_CASE("A 304 without Date doesn't leave the old one to age the entry") {
  const EntryPtr stored = entry_of({{"Date", base::format_http_date(kStart)}, {"ETag", "\"v1\""}});
  const EntryPtr fresh = updated(stored, at(60s), {});
  CHECK(fresh->age(at(60s)) == 0s);
  CHECK(find_in_block(fresh->headers, "Date") == base::format_http_date(at(60s)));
}

TEST_CASE("An ETag of ours stays through a 304, once, and gives way to one of the origin") {
  const EntryPtr stored = entry_of({{"Last-Modified", base::format_http_date(at(-100s))}});
  const EntryPtr same = updated(stored, at(60s), {});
  CHECK(same->etag == stored->etag);
  CHECK_FALSE(same->etag_from_origin);
  CHECK(same->headers.view().find("ETag") == same->headers.view().rfind("ETag"));
  const EntryPtr named = updated(stored, at(60s), {{"ETag", "\"v1\""}});
  CHECK(named->etag == "\"v1\"");
  CHECK(named->headers.view().find("ETag") == named->headers.view().rfind("ETag"));
}

TEST_CASE("Upstream is asked with the origin's validators only") {
  using Names = std::vector<std::string_view>;
  const auto names = [](const EntryPtr& entry, bool invalidated) {
    Names out;
    for (const Header& header : validators(*entry, invalidated)) out.push_back(header.name);
    return out;
  };
  const std::string date = base::format_http_date(at(-100s));
  CHECK(names(entry_of({}), false).empty());
  CHECK(names(entry_of({{"ETag", "\"a\""}}), false) == Names{"If-None-Match"});
  CHECK(names(entry_of({{"Last-Modified", date}}), false) == Names{"If-Modified-Since"});
  CHECK(names(entry_of({{"Last-Modified", "yesterday"}}), false).empty());
  CHECK(names(entry_of({{"ETag", "\"a\""}, {"Last-Modified", date}}), true) ==
        Names{"If-None-Match", "If-Modified-Since"});
  // A date alone can't tell two versions of one second apart.
  CHECK(names(entry_of({{"Last-Modified", date}}), true).empty());
}

TEST_CASE("A client's condition is met as RFC 9110 13.2.2 orders") {
  const std::string modified = base::format_http_date(at(-100s));
  const EntryPtr entry = entry_of({{"ETag", R"("a\")"}, {"Last-Modified", modified}});
  const auto [request, expected] = GENERATE_COPY(table<Fields, bool>({
      {{}, false},
      {{{"If-None-Match", R"("a\")"}}, true},
      {{{"If-None-Match", R"(W/"a\")"}}, true},
      {{{"If-None-Match", R"("x", "a\", "y")"}}, true},
      {{{"If-None-Match", "\"x\""}, {"If-None-Match", R"("a\")"}}, true},
      {{{"If-None-Match", "*"}}, true},
      {{{"If-None-Match", "\"x\""}}, false},
      {{{"If-None-Match", "a"}}, false},
      {{{"If-None-Match", "\"x\""}, {"If-Modified-Since", base::format_http_date(at(0s))}}, false},
      {{{"If-Modified-Since", modified}}, true},
      {{{"If-Modified-Since", base::format_http_date(at(-99s))}}, true},
      {{{"If-Modified-Since", base::format_http_date(at(-101s))}}, false},
      {{{"If-Modified-Since", "whenever"}}, false},
  }));
  CHECK(not_modified(*entry, request, kStart) == expected);
}

TEST_CASE("Only a 200 turns into a 304") {
  CHECK_FALSE(not_modified(*entry_of({{"ETag", "\"a\""}}, "x", 404), Fields{{"If-None-Match", "\"a\""}}, kStart));
}

TEST_CASE("Without Last-Modified a condition by date is compared with Date") {
  const EntryPtr entry = entry_of({{"Date", base::format_http_date(kStart)}});
  CHECK(not_modified(*entry, Fields{{"If-Modified-Since", base::format_http_date(kStart)}}, kStart));
  CHECK_FALSE(not_modified(*entry, Fields{{"If-Modified-Since", base::format_http_date(at(-1s))}}, kStart));
}

TEST_CASE("A 304 with another validator speaks of something else") {
  const std::string date = base::format_http_date(at(-100s));
  const EntryPtr tagged = entry_of({{"ETag", "\"a\""}, {"Last-Modified", date}});
  CHECK(selects({}, *tagged));
  CHECK(selects(Fields{{"ETag", "\"a\""}}, *tagged));
  CHECK(selects(Fields{{"ETag", "W/\"a\""}}, *tagged));
  CHECK_FALSE(selects(Fields{{"ETag", "\"b\""}}, *tagged));
  const EntryPtr unquoted = entry_of({{"ETag", "a"}});
  CHECK(selects(Fields{{"ETag", "a"}}, *unquoted));
  CHECK_FALSE(selects(Fields{{"ETag", "b"}}, *unquoted));
  CHECK_FALSE(selects(Fields{{"ETag", "\"a\""}}, *unquoted));
  const EntryPtr dated = entry_of({{"Last-Modified", date}});
  CHECK(selects(Fields{{"Last-Modified", date}}, *dated));
  CHECK_FALSE(selects(Fields{{"Last-Modified", base::format_http_date(at(-50s))}}, *dated));
  CHECK_FALSE(selects(Fields{{"ETag", "\"a\""}}, *dated));
}

TEST_CASE("A single byte range is cut from a complete entry") {
  using K = RangeVerdict::Kind;
  const EntryPtr entry = entry_of({{"ETag", "\"a\""}}, "0123456789");
  const auto [range, kind, first, last] = GENERATE(table<std::string, K, std::size_t, std::size_t>({
      {"bytes=0-3", K::partial, 0, 3},
      {"bytes=5-", K::partial, 5, 9},
      {"bytes=5-99", K::partial, 5, 9},
      {"bytes=-3", K::partial, 7, 9},
      {"bytes=-99", K::partial, 0, 9},
      {"Bytes=9-9", K::partial, 9, 9},
      {"bytes=0-99999999999999999999999", K::partial, 0, 9},
      {"bytes=10-", K::unsatisfiable, 0, 0},
      {"bytes=99999999999999999999999-", K::unsatisfiable, 0, 0},
      {"bytes=-0", K::unsatisfiable, 0, 0},
      {"bytes=3-2", K::whole, 0, 0},
      {"bytes=0-1,3-4", K::whole, 0, 0},
      {"bytes=-", K::whole, 0, 0},
      {"bytes=x-2", K::whole, 0, 0},
      {"bytes=1-x", K::whole, 0, 0},
      {"bytes=", K::whole, 0, 0},
      {"lines=0-3", K::whole, 0, 0},
      {"", K::whole, 0, 0},
  }));
  CAPTURE(range);
  const RangeVerdict verdict = select_range(*entry, Fields{{"Range", range}}, kStart);
  CHECK(verdict.kind == kind);
  CHECK(verdict.range.first == first);
  CHECK(verdict.range.last == last);
}

TEST_CASE("If-Range gives the whole unless the validator is the same, strongly") {
  const std::string modified = base::format_http_date(at(-100s));
  const auto ranged = [](const EntryPtr& entry, const std::string& condition) {
    const Fields request{{"Range", "bytes=0-1"}, {"If-Range", condition}};
    return select_range(*entry, request, kStart).kind == RangeVerdict::Kind::partial;
  };
  const EntryPtr strong = entry_of({{"ETag", "\"a\""}, {"Last-Modified", modified}});
  CHECK(ranged(strong, "\"a\""));
  CHECK_FALSE(ranged(strong, "W/\"a\""));
  CHECK_FALSE(ranged(strong, "\"b\""));
  CHECK(ranged(strong, modified));
  CHECK_FALSE(ranged(strong, base::format_http_date(at(-99s))));
  CHECK_FALSE(ranged(entry_of({{"ETag", "W/\"a\""}}), "W/\"a\""));
  CHECK_FALSE(ranged(entry_of({{"Last-Modified", base::format_http_date(kStart)}}), base::format_http_date(kStart)));
}

TEST_CASE("the tag of an item is kept within its key, other tags beside it") {
  const auto entry_with = [](std::string_view tags) {
    return allocate_entry({"get /projects/pr_1", "", tags, "", "", "body"});
  };
  const auto item = entry_with("projects/pr_1");
  CHECK(item->key == "get /projects/pr_1");
  CHECK(item->tags == "projects/pr_1");
  CHECK(item->body == "body");
  CHECK(item->size_bytes() == entry_with("")->size_bytes());

  const auto listing = entry_with("projects projects/pr_1 and more than malloc rounds up");
  CHECK(listing->tags == "projects projects/pr_1 and more than malloc rounds up");
  CHECK(listing->body == "body");
  CHECK(listing->size_bytes() > item->size_bytes());
}

TEST_CASE("Heap costs are those of the allocator: a word, sixteen by sixteen, no less than 32") {
  CHECK(heap_cost(1) == 32);
  CHECK(heap_cost(24) == 32);
  CHECK(heap_cost(25) == 48);
  CHECK(heap_cost(std::string("short")) == 0);
  CHECK(heap_cost(std::string(100, 'x')) >= 101);
}
