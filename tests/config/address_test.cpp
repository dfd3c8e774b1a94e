#include <optional>
#include <string>
#include <tuple>

#include "config/settings.h"
#include "support/catch.h"

using namespace pgw::config;

TEST_CASE("addresses to listen on are HOST:PORT") {
  auto [text, address] = GENERATE(table<std::string, std::optional<Address>>({
      {"127.0.0.1:8080", Address{"127.0.0.1", 8080}},
      {"0.0.0.0:0", Address{"0.0.0.0", 0}},
      {"[::1]:8080", Address{"::1", 8080}},
      {"[::]:65535", Address{"::", 65535}},
      {"localhost:80", Address{"localhost", 80}},
      {"gate_way-1.internal:80", Address{"gate_way-1.internal", 80}},
      {"127.0.0.1", std::nullopt},
      {"127.0.0.1:", std::nullopt},
      {":8080", std::nullopt},
      {"8080", std::nullopt},
      {"127.0.0.1:65536", std::nullopt},
      {"127.0.0.1:-1", std::nullopt},
      {"127.0.0.1:80a", std::nullopt},
      {"127.0.0.256:80", std::nullopt},
      {"127.0.1:80", std::nullopt},
      {"::1:8080", std::nullopt},
      {"[::1]8080", std::nullopt},
      {"[::1:8080", std::nullopt},
      {"[localhost]:80", std::nullopt},
      {"http://localhost:80", std::nullopt},
      {"local host:80", std::nullopt},
      {"a..b:80", std::nullopt},
      {".a:80", std::nullopt},
      {"", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_address(text) == address);
  if (address) CHECK(address->text() == text);
}

TEST_CASE("addresses overlap where one machine can't listen on both") {
  auto [one, another, overlap] = GENERATE(table<std::string, std::string, bool>({
      {"127.0.0.1:80", "127.0.0.1:80", true},
      {"127.0.0.1:80", "127.0.0.1:81", false},
      {"127.0.0.1:80", "127.0.0.2:80", false},
      {"127.0.0.1:0", "127.0.0.1:0", false},
      {"0.0.0.0:0", "127.0.0.1:0", false},
      {"0.0.0.0:80", "127.0.0.1:80", true},
      {"0.0.0.0:80", "127.0.0.1:81", false},
      {"0.0.0.0:80", "localhost:80", true},
      {"0.0.0.0:80", "[::1]:80", false},
      {"[::]:80", "[::1]:80", true},
      {"[0:0::0]:80", "[::1]:80", true},
      {"[::]:80", "127.0.0.1:80", true},
      {"[::]:80", "0.0.0.0:80", true},
  }));
  INFO(one << " and " << another);
  CHECK(parse_address(one)->overlaps(*parse_address(another)) == overlap);
  CHECK(parse_address(another)->overlaps(*parse_address(one)) == overlap);
}

TEST_CASE("loopback is 127.0.0.0/8, ::1 and localhost") {
  auto [text, loopback] = GENERATE(table<std::string, bool>({
      {"127.0.0.1:80", true},
      {"127.255.0.9:80", true},
      {"[::1]:80", true},
      {"localhost:80", true},
      {"0.0.0.0:80", false},
      {"[::]:80", false},
      {"128.0.0.1:80", false},
      {"127.example:80", false},
  }));
  INFO(text);
  CHECK(parse_address(text).value().is_loopback() == loopback);
}

TEST_CASE("upstream URLs are http or https, with nothing that would be lost") {
  auto [text, normal, failure] = GENERATE(table<std::string, std::string, std::string>({
      {"https://api.humanloop.com/v4", "https://api.humanloop.com/v4", ""},
      {"https://api.humanloop.com/v4/", "https://api.humanloop.com/v4", ""},
      {"HTTPS://API.Example:443", "https://api.example", ""},
      {"http://localhost:80/", "http://localhost", ""},
      {"http://10.0.0.1:9000/a/b", "http://10.0.0.1:9000/a/b", ""},
      {"http://[::1]:9000", "http://[::1]:9000", ""},
      {"https://a:80", "https://a:80", ""},
      {"https://a/~b/%20/(c)", "https://a/~b/%20/(c)", ""},
      {"ftp://a", "", "must begin with http:// or https://"},
      {"api.humanloop.com/v4", "", "must begin with http:// or https://"},
      {"", "", "must begin with http:// or https://"},
      {"https://user:word@a", "", "must not hold a user or a password; use upstream.credential"},
      {"https://a?b=c", "", "must not have a query or a fragment"},
      {"https://a/b#c", "", "must not have a query or a fragment"},
      {"https://", "", "has no valid host"},
      {"https:///v4", "", "has no valid host"},
      {"https://a b/", "", "has no valid host"},
      {"https://[::1/", "", "has no valid host"},
      {"https://a/v4/../v5", "", "must not have '.' or '..' as a segment of its path"},
      {"https://a/.", "", "must not have '.' or '..' as a segment of its path"},
      {"https://a:0", "", "needs a port from 1 to 65535"},
      {"https://a:99999", "", "needs a port from 1 to 65535"},
      {"https://a:", "", "needs a port from 1 to 65535"},
      {"https://a/b c", "", "has a path with characters that must be percent-encoded"},
      {"https://a/b\r\nX: y", "", "has a path with characters that must be percent-encoded"},
  }));
  INFO(text);
  const auto parsed = parse_url(text);
  CHECK((parsed.url ? parsed.url->text() : "") == normal);
  CHECK(parsed.failure == failure);
}
