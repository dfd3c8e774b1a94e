#include "gateway/http/proxy_header.h"

#include <string>
#include <string_view>

#include "support/catch.h"

namespace pgw::http::test {
namespace {

using namespace std::string_literals;
using HeaderState = ProxyHeader::State;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string version_2(char command, char family, std::string_view rest) {
  std::string header = signature + command + family;
  header += static_cast<char>(rest.size() / 256);
  header += static_cast<char>(rest.size() % 256);
  return header + std::string(rest);
}

const std::string v4 = "\xcb\x00\x71\x07\x0a\x00\x00\x01\x30\x39\x1f\x90"s;  // 203.0.113.7 to 10.0.0.1
const std::string v6 =
    "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" + std::string(16, '\1') + "\x30\x39\x1f\x90";
const std::string mapped =
    std::string(10, '\0') + "\xff\xff\xcb\x00\x71\x07"s + std::string(16, '\1') + "\x30\x39\x1f\x90";

TEST_CASE("a PROXY header tells the address of the client, in both versions and families") {
  const auto [header, source] = GENERATE(table<std::string, std::string>({
      {"PROXY TCP4 203.0.113.7 10.0.0.1 12345 8080\r\n", "203.0.113.7"},
      {"PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n", "2001:db8::7"},
      {"PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", "203.0.113.7"},
      {version_2('\x21', '\x11', v4), "203.0.113.7"},
      {version_2('\x21', '\x11',
                 v4 + "\x03\x00\x04"
                      "abcd"s),
       "203.0.113.7"},
      {version_2('\x21', '\x21', v6), "2001:db8::7"},
      {version_2('\x21', '\x21', mapped), "203.0.113.7"},
  }));
  const auto parsed = parse_proxy_header(header + "GET / HTTP/1.1\r\n");
  REQUIRE(parsed.state == HeaderState::complete);
  CHECK(parsed.size == header.size());
  REQUIRE(parsed.source);
  CHECK(parsed.source->text() == source);
  for (std::size_t size = 0; size < header.size(); ++size) {
    INFO("cut at " << size);
    REQUIRE(parse_proxy_header(std::string_view(header).substr(0, size)).state == HeaderState::incomplete);
  }
}

TEST_CASE("a balancer that speaks for itself or does not say for whom names no client") {
  const std::string header = GENERATE(
      as<std::string>(), "PROXY UNKNOWN\r\n", "PROXY UNKNOWN 1.2.3.4 whatever\r\n", version_2('\x20', '\x00', ""),
      version_2('\x20', '\x11', v4), version_2('\x20', '\x7f', "anything"), version_2('\x21', '\x00', ""),
      version_2('\x21', '\x00', "\x04\x00\x01x"s), version_2('\x21', '\x31', std::string(216, 'u')));
  const auto parsed = parse_proxy_header(header);
  CHECK(parsed.state == HeaderState::complete);
  CHECK(parsed.size == header.size());
  CHECK_FALSE(parsed.source);
}

TEST_CASE("what does not begin as a PROXY header is none") {
  const std::string bytes =
      GENERATE(as<std::string>(), "GET / HTTP/1.1\r\n", "PROPFIND / HTTP/1.1", "PROXYS / HTTP/1.1", "\r\nGET /",
               "\r\n\r\nGET /", "\x16\x03\x01\x02", "proxy TCP4");
  CHECK(parse_proxy_header(bytes).state == HeaderState::absent);
}

TEST_CASE("a malformed PROXY header is refused") {
  const std::string header = GENERATE(
      as<std::string>(), "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
      "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 -2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
      "PROXY UNKNOWNS\r\n", "PROXY UNKNOWN\rX", "PROXY UNKNOWN " + std::string(93, 'a') + "\r",
      "PROXY UNKNOWN " + std::string(107, 'a'), version_2('\x11', '\x11', v4), version_2('\x22', '\x11', v4),
      version_2('\x21', '\x12', v4), version_2('\x21', '\x11', "short"), version_2('\x21', '\x21', v4),
      version_2('\x21', '\x31', v6), version_2('\x21', '\x41', v4), signature + "\x21\x11\x10\x00"s);
  INFO(header);
  CHECK(parse_proxy_header(header).state == HeaderState::malformed);
}

}  // namespace
}  // namespace pgw::http::test
