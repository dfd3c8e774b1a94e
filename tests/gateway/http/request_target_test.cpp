#include "gateway/http/request_target.h"

#include <string>

#include "support/catch.h"

namespace pgw::http::test {
namespace {

TEST_CASE("targets are split into path, query and host") {
  struct Row {
    std::string method, target, path, query, host;
    bool has_query;
  };
  const Row row = GENERATE(values<Row>({
      {"GET", "/", "/", "", "field", false},
      {"GET", "/a/b", "/a/b", "", "field", false},
      {"GET", "/a?", "/a", "", "field", true},
      {"GET", "/a?b=c?d", "/a", "b=c?d", "field", true},
      {"GET", "//a/b", "//a/b", "", "field", false},
      {"GET", "/a%2Fb%00", "/a%2Fb%00", "", "field", false},
      {"GET", "/caf\xc3\xa9?q=\xc3\xbc%C3%BC", "/caf%C3%A9", "q=%C3%BC%C3%BC", "field", true},
      {"GET", "/http://x/", "/http://x/", "", "field", false},
      {"GET", "http://a.example/b?c", "/b", "c", "a.example", true},
      {"GET", "HTTPS://a.example:8443/b", "/b", "", "a.example:8443", false},
      {"GET", "http://[::1]:80/b", "/b", "", "[::1]:80", false},
      {"GET", "http://a", "/", "", "a", false},
      {"GET", "http://a?b", "/", "b", "a", true},
      {"OPTIONS", "http://a", "*", "", "a", false},
      {"OPTIONS", "http://a/", "/", "", "a", false},
      {"OPTIONS", "*", "*", "", "field", false},
  }));
  Request request;
  request.method = row.method;
  request.target = row.target;
  request.host = "field";
  INFO(row.method << " " << row.target);
  REQUIRE(parse_target(request));
  CHECK(request.path == row.path);
  CHECK(request.query == row.query);
  CHECK(request.has_query == row.has_query);
  CHECK(request.host == row.host);
}

TEST_CASE("hosts are names, addresses and ports") {
  const auto [host, expected] = GENERATE(table<std::string, bool>({
      {"a", true},     {"a.example", true},  {"a:80", true},     {"a:", true},    {"127.0.0.1:0", true},
      {"[::1]", true}, {"[::1]:8080", true}, {"a_b", true},      {"%41", true},   {"a:65535", true},
      {"", false},     {":80", false},       {"a:65536", false}, {"a:-1", false}, {"a:80:80", false},
      {"a b", false},  {"a/b", false},       {"u@a", false},     {"[]", false},   {"[::1]x", false},
      {"[::1", false}, {"::1", false},       {"a,b", true},      {"a\"b", false}, {"\xc3\xbc", false},
  }));
  INFO(host);
  CHECK(is_valid_host(host) == expected);
}

}  // namespace
}  // namespace pgw::http::test
