#include "cache/freshness.h"

#include "base/http_date.h"
#include "cache/support.h"
#include "support/catch.h"

namespace base = pgw::base;
using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

const std::string kDate = base::format_http_date(kStart);
std::string date_in(Duration later) {
  return base::format_http_date(at(later));
}

Lifetime lifetime_of(int status, const Fields& headers, const Rule& rule = {}) {
  return freshness_lifetime(status, read_response_meta(headers, kStart), rule, kStart);
}

Storable storable(int status, const Fields& headers, const Rule& rule = {}, bool authorized = false,
                  std::string_view method = "GET") {
  const ResponseMeta meta = read_response_meta(headers, kStart);
  const Lifetime lifetime = freshness_lifetime(status, meta, rule, kStart);
  return is_storable(method, status, headers, meta, lifetime, rule, authorized);
}

Freshness freshness_of(const std::string& value, const Rule& rule = {}) {
  const Fields headers = cache_control(value);
  const ResponseMeta meta = read_response_meta(headers, kStart);
  return make_freshness(meta, freshness_lifetime(200, meta, rule, kStart), rule);
}

Usability usable(const std::string& response, Duration age, const std::string& request, const Rule& rule = {}) {
  return usability(freshness_of(response, rule), age, parse_request_directives(cache_control(request)));
}

const Rule kRule{.ttl = 15s, .stale_while_revalidate = 30s, .stale_if_error = 1h};
const Rule kGuess{.heuristic_percent = 10};

}  // namespace

TEST_CASE("The freshness lifetime comes from the first of s-maxage, max-age, Expires, rule, heuristic") {
  using S = LifetimeSource;
  const auto [headers, rule, seconds, source] = GENERATE(table<Fields, Rule, int, LifetimeSource>({
      {{{"Cache-Control", "s-maxage=7, max-age=9"}, {"Expires", date_in(5s)}, {"Date", kDate}}, kRule, 7, S::s_maxage},
      {{{"Cache-Control", "max-age=9"}, {"Expires", date_in(5s)}, {"Date", kDate}}, kRule, 9, S::max_age},
      {{{"Expires", date_in(5s)}, {"Date", kDate}}, kRule, 5, S::expires},
      {{{"Expires", date_in(5s)}}, kRule, 5, S::expires},
      {{{"Expires", date_in(5s)}, {"Date", date_in(3s)}}, kRule, 2, S::expires},
      {{{"Expires", date_in(-5s)}, {"Date", kDate}}, kRule, 0, S::expires},
      {{{"Expires", "0"}, {"Date", kDate}}, kRule, 0, S::expires},
      {{{"Expires", "soon"}}, kRule, 0, S::expires},
      {{{"Cache-Control", "max-age=x"}, {"Expires", date_in(5s)}}, kRule, 0, S::max_age},
      {{{"Cache-Control", "s-maxage=-1, max-age=9"}}, kRule, 0, S::s_maxage},
      {{{"Date", kDate}, {"Last-Modified", date_in(-100s)}}, kRule, 15, S::rule},
      {{{"Date", kDate}, {"Last-Modified", date_in(-100s)}}, kGuess, 10, S::heuristic},
      {{{"Date", kDate}, {"Last-Modified", date_in(-100s)}}, {.heuristic_percent = 50}, 50, S::heuristic},
      {{{"Date", kDate}, {"Last-Modified", date_in(-9000h)}}, kGuess, 86400, S::heuristic},
      {{{"Date", kDate}, {"Last-Modified", date_in(100s)}}, kGuess, 0, S::none},
      {{{"Date", kDate}, {"Last-Modified", date_in(-100s)}}, {}, 0, S::none},  // no guesses unless asked for
      {{{"Date", kDate}}, {}, 0, S::none},
      {{{"Pragma", "no-cache"}}, kRule, 15, S::rule},
  }));
  const Lifetime lifetime = lifetime_of(200, headers, rule);
  CHECK(lifetime.value == std::chrono::seconds(seconds));
  CHECK(lifetime.source == source);
}

TEST_CASE("Heuristics and rules apply to the statuses that allow them") {
  const auto [status, heuristic, rule] = GENERATE(table<int, bool, bool>({
      {200, true, true},  {201, false, false}, {202, false, false}, {203, true, true},   {204, true, true},
      {300, true, true},  {301, true, true},   {302, false, false}, {303, false, false}, {307, false, false},
      {308, true, true},  {400, false, false}, {401, false, false}, {403, false, false}, {404, true, false},
      {405, true, false}, {410, true, true},   {414, true, false},  {429, false, false}, {500, false, false},
      {501, true, false}, {502, false, false}, {503, false, false}, {504, false, false}, {599, false, false},
  }));
  CAPTURE(status);
  const Fields modified{{"Date", kDate}, {"Last-Modified", date_in(-100s)}};
  CHECK((lifetime_of(status, modified, kGuess).source == LifetimeSource::heuristic) == heuristic);
  CHECK((lifetime_of(status, {{"Date", kDate}}, kRule).source == LifetimeSource::rule) == rule);
  // RFC 9111 4.2.2: `public` allows heuristics for any status.
  const Fields open{{"Date", kDate}, {"Last-Modified", date_in(-100s)}, {"Cache-Control", "public"}};
  CHECK(lifetime_of(status, open, kGuess).source == LifetimeSource::heuristic);
}

TEST_CASE("A rule can name statuses of its own, cap all lifetimes, and go before the origin") {
  const auto by_status = [](std::initializer_list<std::pair<int, Duration>> list) {
    return std::make_shared<const Rule::TtlByStatus>(list);
  };
  const Fields nothing{{"Date", kDate}};
  const Rule named{.ttl = 15s, .ttl_by_status = by_status({{404, 5s}, {200, 7s}})};
  CHECK(lifetime_of(404, nothing, named).value == 5s);
  CHECK(lifetime_of(200, nothing, named).value == 7s);
  CHECK(lifetime_of(301, nothing, named).value == 15s);
  CHECK(lifetime_of(405, nothing, named).source == LifetimeSource::none);
  CHECK(lifetime_of(404, cache_control("max-age=9"), named).value == 9s);

  const Rule capped{.ttl = 15s, .max_ttl = 10s};
  CHECK(lifetime_of(200, nothing, capped).value == 10s);
  CHECK(lifetime_of(200, cache_control("s-maxage=60"), capped).value == 10s);
  CHECK(lifetime_of(200, cache_control("max-age=9"), capped).value == 9s);

  const Rule firm{.ttl = 15s, .overrides_origin = true};
  const std::string says = GENERATE("max-age=0", "max-age=99", "s-maxage=99");
  CHECK(lifetime_of(200, cache_control(says), firm).value == 15s);
  CHECK(lifetime_of(404, cache_control(says), firm).is_explicit());  // not a status that the rule covers
  CHECK(storable(200, cache_control(says + ", no-store"), firm) == Storable::no_store);
}

TEST_CASE("A rule's window for revalidation is not for what the origin sends as stale, unless the rule goes first") {
  const std::string directives = GENERATE("max-age=0", "public, max-age=0", "max-age=x");
  CHECK(freshness_of(directives, kRule).stale_while_revalidate == 0s);
  CHECK(freshness_of(directives, kRule).stale_if_error == 1h);
  CHECK(freshness_of("max-age=1", kRule).stale_while_revalidate == 30s);
  CHECK(freshness_of(directives + ", stale-while-revalidate=5", kRule).stale_while_revalidate == 5s);
  Rule firm = kRule;
  firm.overrides_origin = true;
  CHECK(freshness_of(directives, firm).stale_while_revalidate == 30s);
  CHECK(freshness_of(directives + ", must-revalidate", firm).stale_while_revalidate == 0s);
  for (const Fields& expired : {Fields{{"Expires", "0"}}, Fields{{"Expires", date_in(-3600s)}, {"Date", kDate}}}) {
    const ResponseMeta meta = read_response_meta(expired, kStart);
    CHECK(make_freshness(meta, freshness_lifetime(200, meta, kRule, kStart), kRule).stale_while_revalidate == 0s);
  }
}

TEST_CASE("How long an upstream wants to be left alone is what Retry-After of a 429 or 503 says, an hour at most") {
  const auto [status, value, expected] = GENERATE(table<int, std::string, Duration>({
      {503, "5", 5s},
      {429, " 120 ", 120s},
      {429, "99999999999", 1h},
      {503, date_in(30s), 30s},
      {503, date_in(-30s), 0s},
      {503, date_in(48h), 1h},
      {503, "soon", 0s},
      {503, "-5", 0s},
      {500, "5", 0s},
      {200, "5", 0s},
  }));
  CAPTURE(status, value);
  CHECK(asked_to_wait(status, Fields{{"Retry-After", value}}, kStart) == expected);
  CHECK(asked_to_wait(status, {}, kStart) == 0s);
}

TEST_CASE("The initial age is the larger of the apparent and the corrected age") {
  const auto [headers, delay, expected] = GENERATE(table<Fields, Duration, Duration>({
      {{{"Date", kDate}}, 0ms, 0ms},
      {{{"Date", date_in(-10s)}}, 0ms, 10s},
      {{{"Date", date_in(10s)}}, 0ms, 0ms},
      {{{"Date", kDate}, {"Age", "7"}}, 250ms, 7250ms},
      {{{"Date", date_in(-10s)}, {"Age", "7"}}, 0ms, 10s},
      {{}, 250ms, 250ms},
      {{{"Age", "7, 9"}}, 0ms, 7s},
      {{{"Age", "-7"}}, 0ms, 0ms},
      {{{"Age", "7.5"}}, 0ms, 0ms},
      {{{"Age", "x"}}, 0ms, 0ms},
      {{{"Age", "99999999999999999999"}}, 0ms, kForever},
  }));
  const ResponseMeta meta = read_response_meta(headers, kStart);
  CHECK(initial_age(meta, kStart - delay, kStart) == expected);
}

TEST_CASE("Date's whole seconds don't make a response of this very second old") {
  const ResponseMeta meta = read_response_meta(Fields{{"Date", kDate}}, at(999ms));
  CHECK(initial_age(meta, at(998ms), at(999ms)) == 1ms);
}

TEST_CASE("What may be stored is what RFC 9111 section 3 says") {
  const auto [status, headers, expected] = GENERATE(table<int, Fields, Storable>({
      {200, {{"Cache-Control", "max-age=9"}}, Storable::yes},
      {200, {{"Cache-Control", "max-age=9, no-store"}}, Storable::no_store},
      {200, {{"Cache-Control", "max-age=9, private"}}, Storable::is_private},
      {200, {{"Cache-Control", "max-age=9, private=\"x\""}}, Storable::yes},
      {200, {{"Cache-Control", "max-age=9, NO-STORE"}}, Storable::no_store},
      {200, {{"Cache-Control", "max-age=9, x=\"no-store\""}}, Storable::yes},
      {200, {{"Cache-Control", "max-age=9"}, {"Vary", "*"}}, Storable::vary_any},
      {200, {{"Cache-Control", "max-age=9"}, {"Vary", "a, *"}}, Storable::vary_any},
      {200, {{"Cache-Control", "max-age=9"}, {"Set-Cookie", "a=b"}}, Storable::yes},
      {200, {{"Expires", date_in(9s)}}, Storable::yes},
      {200, {}, Storable::no_freshness},
      {200, {{"ETag", "\"a\""}}, Storable::no_freshness},
      {200, {{"Cache-Control", "no-cache"}, {"ETag", "\"a\""}}, Storable::yes},
      {200, {{"Cache-Control", "no-cache"}}, Storable::no_freshness},
      {200, {{"Cache-Control", "no-cache, max-age=9"}}, Storable::useless},
      {200, {{"Cache-Control", "max-age=0"}}, Storable::useless},
      {200, {{"Cache-Control", "max-age=0"}, {"ETag", "\"a\""}}, Storable::yes},
      {200, {{"Cache-Control", "max-age=0, stale-while-revalidate=9"}}, Storable::yes},
      {206, {{"Cache-Control", "max-age=9"}}, Storable::status},
      {304, {{"Cache-Control", "max-age=9"}}, Storable::status},
      {404, {{"Cache-Control", "max-age=9"}}, Storable::yes},
      {500, {{"Cache-Control", "max-age=9"}}, Storable::yes},
      {500, {}, Storable::no_freshness},
      {599, {{"Cache-Control", "max-age=9"}}, Storable::yes},
      {599, {{"Cache-Control", "max-age=9, must-understand"}}, Storable::status},
      {200, {{"Cache-Control", "max-age=9, must-understand"}}, Storable::yes},
      {200, {{"Cache-Control", "max-age=9, must-understand, no-store"}}, Storable::yes},
      {599, {{"Cache-Control", "max-age=9, must-understand, no-store"}}, Storable::status},
  }));
  CAPTURE(status, find(headers, "Cache-Control").value_or(""));
  CHECK(storable(status, headers) == expected);
}

TEST_CASE("A rule makes storable what has no explicit freshness, and never what the origin forbids") {
  CHECK(storable(200, {}, kRule) == Storable::yes);
  CHECK(storable(404, {}, kRule) == Storable::no_freshness);
  CHECK(storable(200, cache_control("no-store"), kRule) == Storable::no_store);
  CHECK(storable(200, cache_control("private"), kRule) == Storable::is_private);
  CHECK(storable(200, cache_control("no-cache"), kRule) == Storable::useless);
  CHECK(storable(200, {}, kRule, false, "POST") == Storable::method);
}

TEST_CASE("With Authorization only what names everyone is stored") {
  const auto [value, expected] = GENERATE(table<std::string, Storable>({
      {"max-age=9", Storable::authorization},
      {"max-age=9, public", Storable::yes},
      {"max-age=9, must-revalidate", Storable::yes},
      {"s-maxage=9", Storable::yes},
      {"max-age=9, proxy-revalidate", Storable::authorization},
  }));
  CAPTURE(value);
  CHECK(storable(200, cache_control(value), {}, true) == expected);
}

TEST_CASE("A stored response is used as its age, its directives and the request's allow") {
  using U = Usability;
  const auto [response, age, request, expected] = GENERATE(table<std::string, Duration, std::string, Usability>({
      {"max-age=10", 0ms, "", U::fresh},
      {"max-age=10", 9999ms, "", U::fresh},
      {"max-age=10", 10s, "", U::stale},
      {"max-age=10, no-cache", 0ms, "", U::stale},
      {"max-age=10", 1s, "no-cache", U::refused_by_request},
      {"max-age=10", 11s, "no-cache", U::stale},
      {"max-age=10", 1s, "max-age=1", U::fresh},
      {"max-age=10", 1001ms, "max-age=1", U::refused_by_request},
      {"max-age=10", 0ms, "max-age=0", U::refused_by_request},
      {"max-age=10", 5s, "min-fresh=5", U::fresh},
      {"max-age=10", 6s, "min-fresh=5", U::refused_by_request},
      {"max-age=10", 15s, "max-stale", U::stale_by_request},
      {"max-age=10", 15s, "max-stale=5", U::stale_by_request},
      {"max-age=10", 16s, "max-stale=5", U::stale},
      {"max-age=10, must-revalidate", 15s, "max-stale", U::stale},
      {"max-age=10, proxy-revalidate", 15s, "max-stale", U::stale},
      {"s-maxage=10", 15s, "max-stale", U::stale},
      {"max-age=10, no-cache", 5s, "max-stale", U::stale},
      {"max-age=10, stale-while-revalidate=5", 14999ms, "", U::stale_while_revalidate},
      {"max-age=10, stale-while-revalidate=5", 15s, "", U::stale},
      {"max-age=10, stale-while-revalidate=5", 12s, "no-cache", U::stale},
      {"max-age=10, stale-while-revalidate=5", 12s, "max-age=11", U::stale},
      {"max-age=10, stale-while-revalidate=5", 12s, "max-age=100", U::stale},
      {"max-age=10, stale-while-revalidate=5", 12s, "max-age=100, max-stale=1", U::stale},
      {"max-age=10, stale-while-revalidate=5", 12s, "max-age=100, max-stale", U::stale_by_request},
      {"s-maxage=10, stale-while-revalidate=5", 12s, "max-age=100, max-stale", U::stale_while_revalidate},
      {"max-age=10, stale-while-revalidate=5, must-revalidate", 12s, "", U::stale},
      {"s-maxage=10, stale-while-revalidate=5", 12s, "", U::stale_while_revalidate},
      {"max-age=10, immutable", 5s, "", U::fresh},
  }));
  CAPTURE(response, age.count(), request);
  CHECK(usable(response, age, request) == expected);
}

TEST_CASE("A rule's windows give way to the origin's words") {
  CHECK(usable("max-age=10", 12s, "", kRule) == Usability::stale_while_revalidate);
  CHECK(usable("max-age=10, stale-while-revalidate=0", 12s, "", kRule) == Usability::stale);
  CHECK(usable("max-age=10, must-revalidate", 12s, "", kRule) == Usability::stale);
  CHECK(usable("s-maxage=10", 12s, "", kRule) == Usability::stale);
}

TEST_CASE("A stale response stands in for an error within its window and never against a prohibition") {
  const auto [response, rule, age, request, expected] = GENERATE(table<std::string, Rule, Duration, std::string, bool>({
      {"max-age=10, stale-if-error=20", {}, 29s, "", true},
      {"max-age=10, stale-if-error=20", {}, 30s, "", false},
      {"max-age=10", {}, 11s, "", false},
      {"max-age=10", kRule, 11s, "", true},
      {"max-age=10", {}, 11s, "stale-if-error=5", true},
      {"max-age=10", {}, 16s, "stale-if-error=5", false},
      {"max-age=10, must-revalidate", kRule, 11s, "stale-if-error=5", false},
      {"max-age=10, must-revalidate, stale-if-error=20", {}, 11s, "", false},
      {"max-age=10, no-cache", kRule, 5s, "", false},
      {"s-maxage=10", kRule, 11s, "", false},
      {"s-maxage=10, stale-if-error=20", {}, 11s, "", true},
      {"max-age=10, stale-if-error=20", {}, 15s, "no-cache", false},
      {"max-age=10, stale-if-error=20", {}, 15s, "max-age=1", false},
  }));
  CAPTURE(response, age.count(), request);
  CHECK(usable_on_error(freshness_of(response, rule), age, parse_request_directives(cache_control(request))) ==
        expected);
}
