#include "base/http_date.h"

#include "support/catch.h"

using namespace pgw::base;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT.
constexpr TimePoint start{std::chrono::seconds(784111777)};

}  // namespace

TEST_CASE("the three forms of an HTTP-date mean the same time") {
  const std::string text = GENERATE("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                    "Sun Nov  6 08:49:37 1994", "sun, 06 nov 1994 08:49:37 gmt");
  CAPTURE(text);
  CHECK(parse_http_date(text, start) == start);
}

TEST_CASE("what is no HTTP-date is refused") {
  const std::string text =
      GENERATE("", "0", "-1", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
               "Sun, 06 Nov 1994 08:49:37 AEST", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun 06 Nov 1994 08:49:37 GMT",
               "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37 GMT",
               "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
               "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1995 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
               "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
               "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
               "Sun Nov 6 08:49:37 1994", "Sunday, 06-Nov-94 08:49:37 GMT x");
  CAPTURE(text);
  CHECK_FALSE(parse_http_date(text, start));
}

TEST_CASE("a two-digit year more than 50 years ahead is one of the past") {
  using namespace std::chrono;
  const TimePoint now = sys_days(2026y / 1 / 1);
  const auto [text, year] = GENERATE(table<std::string, int>({
      {"Sunday, 06-Nov-94 08:49:37 GMT", 1994},
      {"Friday, 06-Nov-76 08:49:37 GMT", 2076},
      {"Sunday, 06-Nov-77 08:49:37 GMT", 1977},
      {"Friday, 06-Nov-26 08:49:37 GMT", 2026},
  }));
  const auto time = parse_http_date(text, now);
  REQUIRE(time);
  CHECK(static_cast<int>(year_month_day(floor<days>(*time)).year()) == year);
}

TEST_CASE("a leap day and a leap second are real") {
  CHECK(parse_http_date("Thu, 29 Feb 1996 23:59:60 GMT", start));
}

TEST_CASE("a time is written as IMF-fixdate, cut to seconds, and read back") {
  using namespace std::chrono_literals;
  CHECK(format_http_date(start + 999ms) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(parse_http_date(format_http_date(start), start) == start);
}
