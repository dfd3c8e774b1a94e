#include "config/units.h"

#include <optional>
#include <string>
#include <tuple>

#include "support/catch.h"

using namespace pgw::config;
using namespace std::chrono_literals;

TEST_CASE("durations carry units and may be sums with falling ones") {
  auto [text, duration] = GENERATE(table<std::string, std::optional<std::chrono::milliseconds>>({
      {"250ms", 250ms},
      {"15s", 15s},
      {"5m", 5min},
      {"1h", 1h},
      {"2d", 48h},
      {"1h30m", 90min},
      {"1d2h3m4s5ms", 26h + 3min + 4s + 5ms},
      {"0s", 0ms},
      {"00015s", 15s},
      {"3660d", 3660 * 24h},
      {"3661d", std::nullopt},
      {"99999999999999999999s", std::nullopt},
      {"18446744073709551615d", std::nullopt},
      {"", std::nullopt},
      {"15", std::nullopt},
      {"s", std::nullopt},
      {"15 s", std::nullopt},
      {" 15s", std::nullopt},
      {"15s ", std::nullopt},
      {"-15s", std::nullopt},
      {"+15s", std::nullopt},
      {"1.5s", std::nullopt},
      {"15S", std::nullopt},
      {"15sec", std::nullopt},
      {"30m1h", std::nullopt},
      {"1h1h", std::nullopt},
      {"1h30", std::nullopt},
      {"0x10s", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_duration(text) == duration);
}

TEST_CASE("sizes carry binary or decimal units") {
  auto [text, size] = GENERATE(table<std::string, std::optional<std::uint64_t>>({
      {"0B", 0},
      {"512B", 512},
      {"32KiB", 32'768},
      {"256MiB", 268'435'456},
      {"2GiB", 2'147'483'648},
      {"1kB", 1'000},
      {"1MB", 1'000'000},
      {"1GB", 1'000'000'000},
      {"9007199254740992B", 9'007'199'254'740'992},
      {"9007199254740993B", std::nullopt},
      {"99999999999GiB", std::nullopt},
      {"", std::nullopt},
      {"256", std::nullopt},
      {"MiB", std::nullopt},
      {"256M", std::nullopt},
      {"256mib", std::nullopt},
      {"1KB", std::nullopt},
      {"1.5GiB", std::nullopt},
      {"-1B", std::nullopt},
      {"1 MiB", std::nullopt},
      {"1MiB1B", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_size(text) == size);
}

TEST_CASE("rates are events in a second, a minute or an hour") {
  auto [text, rate] = GENERATE(table<std::string, std::optional<Rate>>({
      {"50/s", Rate{50, 1s}},
      {"3000/m", Rate{3000, 60s}},
      {"100/h", Rate{100, 3600s}},
      {"1000000/s", Rate{1'000'000, 1s}},
      {"1000001/s", std::nullopt},
      {"0/s", std::nullopt},
      {"50", std::nullopt},
      {"50/", std::nullopt},
      {"/s", std::nullopt},
      {"50/d", std::nullopt},
      {"50/ s", std::nullopt},
      {"50/2s", std::nullopt},
      {"-1/s", std::nullopt},
      {"1.5/s", std::nullopt},
      {"", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_rate(text) == rate);
}

TEST_CASE("dates are calendar dates that exist") {
  auto [text, date] = GENERATE(table<std::string, std::optional<std::chrono::year_month_day>>({
      {"2027-01-31", std::chrono::year(2027) / 1 / 31},
      {"2028-02-29", std::chrono::year(2028) / 2 / 29},
      {"1970-01-01", std::chrono::year(1970) / 1 / 1},
      {"2027-02-29", std::nullopt},
      {"2027-13-01", std::nullopt},
      {"2027-00-01", std::nullopt},
      {"2027-01-32", std::nullopt},
      {"1969-12-31", std::nullopt},
      {"27-01-31", std::nullopt},
      {"2027-1-31", std::nullopt},
      {"2027/01/31", std::nullopt},
      {"2027-01-31T00:00:00Z", std::nullopt},
      {"+027-01-31", std::nullopt},
      {"", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_date(text) == (date ? std::optional(std::chrono::sys_days(*date)) : std::nullopt));
}

TEST_CASE("quantities are written as they are read") {
  for (const char* text : {"250ms", "15s", "1m", "1h30m", "2d", "1d2h3m4s5ms", "0s"}) {
    CHECK(to_text(parse_duration(text).value()) == text);
  }
  for (const char* text : {"0B", "512B", "32KiB", "256MiB", "3GiB", "1MB", "1025B"}) {
    CHECK(size_text(parse_size(text).value()) == text);
  }
  for (const char* text : {"50/s", "3000/m", "100/h"}) CHECK(to_text(parse_rate(text).value()) == text);
  for (const char* text : {"2027-01-31", "2028-02-29"}) CHECK(to_text(parse_date(text).value()) == text);
  CHECK(to_text(90s) == "1m30s");
  CHECK(size_text(1536) == "1536B");
}

TEST_CASE("a moment is a date or a time of UTC") {
  constexpr std::chrono::sys_seconds day = std::chrono::sys_days(std::chrono::year(2027) / 1 / 31);
  auto [text, moment] = GENERATE_COPY(table<std::string, std::optional<std::chrono::sys_seconds>>({
      {"2027-01-31", day},
      {"2027-01-31T00:00:01Z", day + std::chrono::seconds(1)},
      {"2027-01-31T23:59:59Z", day + std::chrono::seconds(86'399)},
      {"2027-01-31T24:00:00Z", std::nullopt},
      {"2027-01-31T12:60:00Z", std::nullopt},
      {"2027-01-31T12:00:60Z", std::nullopt},
      {"2027-01-31T12:00:00", std::nullopt},
      {"2027-01-31 12:00:00Z", std::nullopt},
      {"2027-01-31T12:00:00+01:00", std::nullopt},
      {"2027-02-30T12:00:00Z", std::nullopt},
      {"2027-1-31", std::nullopt},
      {"", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_moment(text) == moment);
  if (moment) CHECK(moment_text(*moment) == text);
}
