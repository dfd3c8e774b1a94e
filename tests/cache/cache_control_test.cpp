#include "cache/cache_control.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

// "none", "invalid", or the number of seconds.
std::string describe(const DeltaSeconds& delta) {
  if (!delta.present) return "none";
  if (!delta.value) return "invalid";
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*delta.value).count());
}

}  // namespace

TEST_CASE("max-age is read exactly") {
  const auto [value, expected] = GENERATE(table<std::string, std::string>({
      {"", "none"},
      {"max-age=60", "60"},
      {"MAX-AGE=60", "60"},
      {"Max-Age=\"60\"", "60"},
      {"max-age=0060", "60"},
      {"max-age=0", "0"},
      {"public,max-age=60", "60"},
      {" , max-age=60 ,", "60"},
      {"max-age=2147483648", "2147483648"},
      {"max-age=99999999999999999999999", "2147483648"},
      {"max-age=60, max-age=1", "60"},
      {"max-age=x, max-age=60", "invalid"},
      {"max-age", "invalid"},
      {"max-age=", "invalid"},
      {"max-age=-1", "invalid"},
      {"max-age=1.5", "invalid"},
      {"max-age=1s", "invalid"},
      {"max-age='60'", "invalid"},
      {"max-age =60", "invalid"},
      {"max-age= 60", "invalid"},
      {"max-age=\"60", "invalid"},
      {R"(extension="max-age=60")", "none"},
      {R"(extension="a, max-age=60", max-age=1)", "1"},
      {R"(extension="\", max-age=60", max-age=2)", "2"},
      {"x-max-age=60", "none"},
      {"max-age-x=60", "none"},
  }));
  CAPTURE(value);
  CHECK(describe(parse_response_directives(cache_control(value)).max_age) == expected);
}

TEST_CASE("Each response directive sets its own flag and no other") {
  const auto [name, flag] = GENERATE(table<std::string, bool ResponseDirectives::*>({
      {"no-store", &ResponseDirectives::no_store},
      {"no-cache", &ResponseDirectives::no_cache},
      {"private", &ResponseDirectives::is_private},
      {"public", &ResponseDirectives::is_public},
      {"must-revalidate", &ResponseDirectives::must_revalidate},
      {"proxy-revalidate", &ResponseDirectives::proxy_revalidate},
      {"must-understand", &ResponseDirectives::must_understand},
      {"immutable", &ResponseDirectives::immutable},
      {"no-transform", &ResponseDirectives::no_transform},
  }));
  CAPTURE(name);
  CHECK(parse_response_directives(cache_control(name)).*flag);
  CHECK(parse_response_directives(cache_control(" ,\t" + name + " , x")).*flag);
  CHECK(parse_response_directives(Fields{{"cache-control", "x"}, {"CACHE-CONTROL", name}}).*flag);
  CHECK_FALSE((parse_response_directives(cache_control("x=\"" + name + "\"")).*flag));
  CHECK_FALSE((parse_response_directives(cache_control(name + "x, x" + name)).*flag));
  CHECK_FALSE((parse_response_directives({}).*flag));
}

TEST_CASE("no-cache and private with an argument withhold fields instead of the response") {
  const auto directives = parse_response_directives(cache_control(R"(no-cache="Set-Thing, X-A", private=x-b)"));
  CHECK_FALSE(directives.no_cache);
  CHECK_FALSE(directives.is_private);
  CHECK(directives.withheld_fields == std::vector<std::string>{"set-thing", "x-a", "x-b"});
  CHECK(parse_response_directives(cache_control("private=\"a\", private")).is_private);
}

TEST_CASE("A valid targeted field replaces Cache-Control, an invalid or empty one doesn't") {
  const auto [targeted, expected] = GENERATE(table<std::string, std::string>({
      {"max-age=5", "5"},
      {"max-age=5;ext=1, foo, bar=\"baz\"", "5"},
      {"max-age=1, max-age=5", "5"},  // RFC 8941: the last of a key
      {"max-age=99999999999", "2147483648"},
      {"foo", "none"},
      {"", "fallback"},
      {" ", "fallback"},
      {"max-age=5,", "fallback"},
      {"max-age=5, &&&", "fallback"},
      {"max-age=\"5\"", "fallback"},
      {"max-age=5.0", "fallback"},
      {"max-age=-1", "fallback"},
      {"max-age", "fallback"},
      {"Max-Age=5", "fallback"},
      {"max-age =5", "fallback"},
      {"max-age= 5", "fallback"},
      {"max-age=5, no-store=1", "fallback"},
  }));
  CAPTURE(targeted);
  const Fields headers{{"Cache-Control", "no-store"}, {"CDN-Cache-Control", targeted}};
  const auto directives = parse_response_directives(headers, "CDN-Cache-Control");
  CHECK(directives.is_targeted == (expected != "fallback"));
  CHECK(directives.no_store == !directives.is_targeted);
  if (directives.is_targeted) CHECK(describe(directives.max_age) == expected);
  CHECK_FALSE(parse_response_directives(headers).is_targeted);
}

TEST_CASE("A targeted field knows the directives of Cache-Control, with the types of structured fields") {
  const Fields headers{
      {"CDN-Cache-Control", "no-store, private=\"X-A, x-b\", no-cache=?1, public=?0"},
      {"cdn-cache-control", "must-revalidate, s-maxage=7, stale-if-error=8, stale-while-revalidate=9"}};
  const auto directives = parse_response_directives(headers, "CDN-Cache-Control");
  CHECK(directives.no_store);
  CHECK(directives.no_cache);
  CHECK_FALSE(directives.is_private);
  CHECK_FALSE(directives.is_public);
  CHECK(directives.must_revalidate);
  CHECK(directives.withheld_fields == std::vector<std::string>{"x-a", "x-b"});
  CHECK(describe(directives.s_maxage) == "7");
  CHECK(describe(directives.stale_if_error) == "8");
  CHECK(describe(directives.stale_while_revalidate) == "9");
}

TEST_CASE("Request directives are read, an invalid argument in its strictest sense") {
  const auto all = parse_request_directives(
      cache_control("no-cache, no-store, only-if-cached, max-age=1, min-fresh=2, max-stale=3, stale-if-error=4"));
  CHECK(all.no_cache);
  CHECK(all.no_store);
  CHECK(all.only_if_cached);
  CHECK(all.max_age == 1s);
  CHECK(all.min_fresh == 2s);
  CHECK(all.max_stale == 3s);
  CHECK(all.stale_if_error == 4s);
  CHECK_FALSE(all.max_stale_any);

  CHECK(parse_request_directives(cache_control("max-stale")).max_stale_any);
  CHECK(parse_request_directives(cache_control("max-age=x")).max_age == 0s);
  CHECK(parse_request_directives(cache_control("min-fresh=x")).min_fresh == kForever);
  CHECK(parse_request_directives(cache_control("max-stale=x")).max_stale == 0s);
}

TEST_CASE("Pragma counts only without Cache-Control") {
  CHECK(parse_request_directives(Fields{{"Pragma", "x, No-Cache"}}).no_cache);
  CHECK_FALSE(parse_request_directives(Fields{{"Pragma", "no-cache"}, {"Cache-Control", "max-age=9"}}).no_cache);
  CHECK_FALSE(parse_request_directives(Fields{{"Pragma", "x=\"no-cache\""}}).no_cache);
}
