// What the edge refuses, byte for byte: the status, the reason, and that the connection ends after the answer.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "gateway/http/request_parser.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

using namespace std::string_literals;

http::Limits small_limits() {
  http::Limits limits;
  limits.max_body = 1000;
  limits.max_header = 4000;
  limits.max_target = 1000;
  limits.max_fields = 20;
  return limits;
}

const std::string ok_head = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string chunked_head = ok_head + "Transfer-Encoding: chunked\r\n\r\n";

std::string many_fields(std::size_t count) {
  std::string fields;
  for (std::size_t i = 0; i < count; ++i) fields += "X: 1\r\n";
  return fields;
}

std::string options(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += "a" + std::to_string(i) + ", ";
  return list;
}

// Chunks of one byte, each with an extension of 4,000.
std::string costly_chunks(std::size_t count) {
  std::string chunks;
  for (std::size_t i = 0; i < count; ++i) chunks += "1;" + std::string(4000, 'x') + "\r\na\r\n";
  return chunks;
}

// Feeds the parser as a connection would, `step` bytes at a time. Empty if the request is accepted.
std::string parse_in_steps(std::string_view input, std::size_t step) {
  const http::Limits limits = small_limits();
  http::Request request;
  http::RequestParser parser;
  parser.begin(request, limits);
  std::size_t begin = 0;
  for (std::size_t end = std::min(step, input.size());; end = std::min(end + step, input.size())) {
    for (;;) {
      std::size_t consumed = 0;
      const auto event = parser.feed(input.substr(begin, end - begin), consumed);
      begin += consumed;
      if (event == http::RequestParser::Event::rejected) {
        return std::to_string(parser.malformation().status) + " " + std::string(parser.malformation().reason);
      }
      if (event == http::RequestParser::Event::complete) return {};
      if (event == http::RequestParser::Event::head && !parser.has_body()) return {};
      if (event == http::RequestParser::Event::need_more || begin == end) break;
    }
    if (end == input.size()) return "incomplete";
  }
}

struct Case {
  const char* name;
  std::string sent;
  int status;
  const char* reason;
};

Case malformed_case() {
  return GENERATE(values<Case>({
      // the request line
      {"nonsense", "hello\r\n\r\n", 400, "bad-request-line"},
      {"HTTP/0.9", "GET /\r\n\r\n", 400, "bad-request-line"},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"tab for space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"method is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"version of three parts", "GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"version of two digits", "GET / HTTP/11.1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"version without minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400, "bad-request-line"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "http-version"},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http-version"},
      {"HTTP/0.9 spelled out", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "http-version"},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http-version"},
      {"a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, "control-character"},
      {"method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown-method"},
      {"unknown method", "PURGE / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown-method"},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "unknown-method"},
      // the target
      {"relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"authority as target", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"asterisk but not OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"query alone", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"raw UTF-8 in the host", "GET http://\xc3\xbc/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"absolute of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"absolute without host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"absolute with userinfo", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-target"},
      {"target too long", "GET /" + std::string(1000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target-too-long"},
      {"target without end", "GET /" + std::string(1100, 'a'), 414, "target-too-long"},
      {"target beyond every limit", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n", 414, "target-too-long"},
      // lines
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bare-lf"},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", 400, "bare-lf"},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bare-lf"},
      {"bare LF first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare-lf"},
      {"bare CR in the request line", "GET /\ra HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bare-cr"},
      {"bare CR in a field", "GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n", 400, "bare-cr"},
      {"bare CR as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX", 400, "bare-cr"},
      {"folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400, "obs-fold"},
      {"field folded by a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n", 400, "obs-fold"},
      {"blank line that isn't empty", "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", 400, "obs-fold"},
      {"white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "leading-whitespace"},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\0 2\r\n\r\n"s, 400, "control-character"},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400, "control-character"},
      {"DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400, "control-character"},
      {"escape in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[0m\r\n\r\n", 400, "control-character"},
      // fields
      {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "bad-field"},
      {"tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: 1\r\n\r\n", 400, "bad-field"},
      {"space in a name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", 400, "bad-field"},
      {"no name", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", 400, "bad-field"},
      {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, "bad-field"},
      {"name is no token", "GET / HTTP/1.1\r\nHost: a\r\nX@: 1\r\n\r\n", 400, "bad-field"},
      {"name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\n\xc3\xbc: 1\r\n\r\n", 400, "bad-field"},
      {"too many fields", "GET / HTTP/1.1\r\nHost: a\r\n" + many_fields(20) + "\r\n", 431, "too-many-fields"},
      {"one field too large", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(4000, 'a') + "\r\n\r\n", 431,
       "head-too-large"},
      {"a field without end", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(4000, 'a'), 431, "head-too-large"},
      // Host
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400, "missing-host"},
      {"absolute target without Host", "GET http://a/ HTTP/1.1\r\n\r\n", 400, "missing-host"},
      {"too many connection options", "GET / HTTP/1.1\r\nHost: a\r\nConnection: " + options(33) + "\r\n\r\n", 431,
       "too-many-connection-options"},
      {"too many of several Connection fields",
       "GET / HTTP/1.1\r\nHost: a\r\nConnection: " + options(32) + "\r\nConnection: close\r\n\r\n", 431,
       "too-many-connection-options"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "second-host"},
      {"the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, "second-host"},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "second-host"},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "bad-host"},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad-host"},
      {"Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "bad-host"},
      {"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "bad-host"},
      {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400, "bad-host"},
      {"Host with a port too high", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, "bad-host"},
      {"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "bad-host"},
      // the length of the body
      {"length and coding", ok_head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "bad-transfer-encoding"},
      {"coding and length", ok_head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400,
       "bad-transfer-encoding"},
      {"identity and length", ok_head + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello", 400,
       "bad-transfer-encoding"},
      {"two lengths", ok_head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400, "bad-content-length"},
      {"the same length twice", ok_head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400,
       "bad-content-length"},
      {"a list of lengths", ok_head + "Content-Length: 5,5\r\n\r\nhello", 400, "bad-content-length"},
      {"length with a sign", ok_head + "Content-Length: +5\r\n\r\nhello", 400, "bad-content-length"},
      {"negative length", ok_head + "Content-Length: -5\r\n\r\nhello", 400, "bad-content-length"},
      {"hexadecimal length", ok_head + "Content-Length: 0x5\r\n\r\nhello", 400, "bad-content-length"},
      {"length with a space", ok_head + "Content-Length: 1 0\r\n\r\nhello", 400, "bad-content-length"},
      {"empty length", ok_head + "Content-Length:\r\n\r\nhello", 400, "bad-content-length"},
      {"length of 64 bits and one", ok_head + "Content-Length: 18446744073709551616\r\n\r\n", 400,
       "bad-content-length"},
      {"length of many digits", ok_head + "Content-Length: 99999999999999999999999999\r\n\r\n", 400,
       "bad-content-length"},
      {"unknown coding", ok_head + "Transfer-Encoding: gzip\r\n\r\n", 400, "bad-transfer-encoding"},
      {"identity", ok_head + "Transfer-Encoding: identity\r\n\r\n", 400, "bad-transfer-encoding"},
      {"empty coding", ok_head + "Transfer-Encoding:\r\n\r\n", 400, "bad-transfer-encoding"},
      {"a coding that looks like chunked", ok_head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400,
       "bad-transfer-encoding"},
      {"chunked with a parameter", ok_head + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400,
       "bad-transfer-encoding"},
      {"chunked in quotes", ok_head + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400, "bad-transfer-encoding"},
      {"chunked, then gzip", ok_head + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400,
       "bad-transfer-encoding"},
      {"chunked twice", ok_head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, "bad-transfer-encoding"},
      {"chunked in two fields", ok_head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400, "bad-transfer-encoding"},
      {"chunked, then another field", ok_head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
       400, "bad-transfer-encoding"},
      {"gzip, then chunked", ok_head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
       "unknown-transfer-coding"},
      {"gzip and chunked in two fields", ok_head + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501,
       "unknown-transfer-coding"},
      {"coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "bad-transfer-encoding"},
      {"length too large", ok_head + "Content-Length: 1001\r\n\r\n", 413, "body-too-large"},
      {"unknown expectation", ok_head + "Expect: 200-ok\r\n\r\n", 417, "unknown-expectation"},
      // chunks
      {"chunks too large together", chunked_head + "1f4\r\n" + std::string(500, 'a') + "\r\n1f5\r\n", 413,
       "body-too-large"},
      {"one chunk too large", chunked_head + "3e9\r\n", 413, "body-too-large"},
      {"size that isn't one", chunked_head + "x\r\n", 400, "bad-chunk"},
      {"no size", chunked_head + "\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"size with a sign", chunked_head + "+5\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"size with 0x", chunked_head + "0x5\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"negative size", chunked_head + "-5\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"space before the size", chunked_head + " 5\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"size of more than 64 bits", chunked_head + "10000000000000005\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"chunk longer than its size", chunked_head + "5\r\nhello!\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"chunk shorter than its size", chunked_head + "5\r\nhell\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"bare LF after a size", chunked_head + "5\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"nothing but bare LFs", chunked_head + "2\n{}\n0\n\n", 400, "bad-chunk"},
      {"bare LF after a chunk", chunked_head + "5\r\nhello\n0\r\n\r\n", 400, "bad-chunk"},
      {"bare LF in a quoted extension", chunked_head + "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"bare CR in an extension", chunked_head + "5;a\rb\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"NUL in an extension", chunked_head + "5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"s, 400, "bad-chunk"},
      {"quotes without end", chunked_head + "5;a=\"\r\nhello\r\n0\r\n\"\r\n\r\n", 400, "bad-chunk"},
      {"word behind a size", chunked_head + "5 x\r\nhello\r\n0\r\n\r\n", 400, "bad-chunk"},
      {"chunks that are nothing but extensions", chunked_head + costly_chunks(30), 400, "chunk-head-too-large"},
      {"extension without end", chunked_head + "5;" + std::string(5000, 'a'), 400, "chunk-head-too-large"},
      {"trailers without end", chunked_head + "0\r\n" + many_fields(1000), 400, "chunk-head-too-large"},
      {"malformed trailer", chunked_head + "0\r\nX : 1\r\n\r\n", 400, "bad-chunk"},
      {"a length in the trailers", chunked_head + "0\r\nContent-Length: 3\r\n\r\n", 400, "bad-chunk"},
      {"bare LF in a trailer", chunked_head + "0\r\nX: 1\nY: 2\r\n\r\n", 400, "bad-chunk"},
  }));
}

TEST_CASE("what is malformed is answered with its status and the connection is closed") {
  static TestServer server(small_limits());
  const Case malformed = malformed_case();
  INFO(malformed.name);
  RawClient client(server.port());
  client.send(malformed.sent);
  const Response response = client.receive();
  CHECK(response.status == malformed.status);
  CHECK(response.field("x-reason") == malformed.reason);
  CHECK(response.field("connection") == "close");
  CHECK(client.is_closed_by_server());
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("how the packets are cut makes no difference to what is refused") {
  const Case malformed = malformed_case();
  INFO(malformed.name);
  const std::string expected = std::to_string(malformed.status) + " " + malformed.reason;
  CHECK(parse_in_steps(malformed.sent, malformed.sent.size()) == expected);
  CHECK(parse_in_steps(malformed.sent, 1) == expected);
  CHECK(parse_in_steps(malformed.sent, 7) == expected);
}

TEST_CASE("a refused request does not disturb the ones before it on the connection") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/hold?a") + "GET / HTTP/1.1\n\n");
  server.release("a");
  CHECK(client.receive().body == "a");
  CHECK(client.receive().status == 400);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("nothing of a refused request's rest is taken for another request") {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
              get("/echo?smuggled"));
  CHECK(client.receive().status == 400);
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("request") == 0);
}

}  // namespace
}  // namespace pgw::edge::test
