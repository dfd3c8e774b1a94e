#include "gateway/http/request_parser.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"

namespace pgw::http::test {
namespace {

struct Parsed {
  Request request;
  bool complete = false;
  std::size_t consumed = 0;
};

// Feeds the pieces as packets, unconsumed bytes offered again as a connection does.
Parsed parse(const std::vector<std::string_view>& packets) {
  static const Limits limits;
  Parsed parsed;
  RequestParser parser;
  parser.begin(parsed.request, limits);
  std::string pending;
  for (const std::string_view packet : packets) {
    pending += packet;
    while (!parsed.complete) {
      std::size_t consumed = 0;
      const auto event = parser.feed(pending, consumed);
      pending.erase(0, consumed);
      parsed.consumed += consumed;
      REQUIRE(event != RequestParser::Event::rejected);
      parsed.complete =
          event == RequestParser::Event::complete || (event == RequestParser::Event::head && !parser.has_body());
      if (event == RequestParser::Event::need_more) break;
    }
  }
  return parsed;
}

const std::string with_length =
    "PATCH /v4/projects/pr_1?a=1&a=2 HTTP/1.1\r\nHost: example.org:8080\r\nX-Empty:\r\nX-Padded: \t two words \t\r\n"
    "x-padded: again\r\nContent-Length: 11\r\n\r\nhello world";

const std::string with_chunks =
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "5;name=\"va\\\"lue\";other\r\nhello\r\n0000006\r\n world\r\n0;last\r\nX-Trailer: dropped\r\nHost: b\r\n\r\n";

const std::string with_empty_chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

TEST_CASE("a request with a length is taken apart as RFC 9112 says") {
  const Parsed parsed = parse({with_length});
  const Request& request = parsed.request;
  REQUIRE(parsed.complete);
  CHECK(request.method == "PATCH");
  CHECK(request.target == "/v4/projects/pr_1?a=1&a=2");
  CHECK(request.path == "/v4/projects/pr_1");
  CHECK(request.query == "a=1&a=2");
  CHECK(request.has_query);
  CHECK(request.host == "example.org:8080");
  CHECK(request.version_minor == 1);
  CHECK(request.fields.find("x-empty")->empty());
  CHECK(request.fields.all("X-Padded") == std::vector<std::string_view>{"two words", "again"});
  CHECK(request.body == "hello world");
}

TEST_CASE("a chunked body loses its chunks, their extensions and the trailers") {
  const Parsed parsed = parse({with_chunks});
  REQUIRE(parsed.complete);
  CHECK(parsed.request.body == "hello world");
  CHECK_FALSE(parsed.request.fields.contains("x-trailer"));
  CHECK(parsed.request.fields.count("host") == 1);
}

TEST_CASE("a request is the same wherever its packets are cut") {
  const std::string message = GENERATE(as<std::string>(), with_length, with_chunks, with_empty_chunks);
  const Parsed whole = parse({message});
  REQUIRE(whole.complete);
  CHECK(whole.consumed == message.size());

  SECTION("in two at every place") {
    for (std::size_t cut = 1; cut < message.size(); ++cut) {
      const Parsed parsed = parse({message.substr(0, cut), std::string_view(message).substr(cut)});
      INFO("cut at " << cut);
      REQUIRE(parsed.complete);
      REQUIRE(parsed.request.body == whole.request.body);
      REQUIRE(parsed.request.fields.size() == whole.request.fields.size());
    }
  }
  SECTION("in single bytes") {
    std::vector<std::string_view> packets;
    for (std::size_t at = 0; at < message.size(); ++at) packets.push_back(std::string_view(message).substr(at, 1));
    const Parsed parsed = parse(packets);
    REQUIRE(parsed.complete);
    CHECK(parsed.request.body == whole.request.body);
    CHECK(parsed.request.target == whole.request.target);
  }
  SECTION("never complete before its last byte") {
    for (std::size_t size = 0; size < message.size(); ++size) {
      REQUIRE_FALSE(parse({std::string_view(message).substr(0, size)}).complete);
    }
  }
  SECTION("and never eats of the next one") {
    const std::string two = message + message;
    CHECK(parse({two}).consumed == message.size());
  }
}

TEST_CASE("persistence follows version and Connection") {
  const auto [version, fields, expected] = GENERATE(table<std::string, std::string, bool>({
      {"1.1", "", true},
      {"1.1", "Connection: keep-alive\r\n", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: X-Other, CLOSE\r\n", false},
      {"1.1", "Connection: X-Other\r\nconnection: close\r\n", false},
      {"1.1", "X-Connection: close\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: close\r\n", false},
  }));
  static const Limits limits;
  Request request;
  RequestParser parser;
  parser.begin(request, limits);
  std::size_t consumed = 0;
  const std::string head = "GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
  REQUIRE(parser.feed(head, consumed) == RequestParser::Event::head);
  INFO(version << " " << fields);
  CHECK(parser.keep_alive() == expected);
}

TEST_CASE("a parser is reused without a trace of the request before") {
  static const Limits limits;
  Request first;
  Request second;
  RequestParser parser;
  std::size_t consumed = 0;
  parser.begin(first, limits);
  REQUIRE(parser.feed(with_chunks, consumed) == RequestParser::Event::head);
  parser.begin(second, limits);
  REQUIRE(parser.feed("GET / HTTP/1.0\r\n\r\n", consumed) == RequestParser::Event::head);
  CHECK_FALSE(parser.has_body());
  CHECK_FALSE(parser.keep_alive());
  CHECK_FALSE(parser.expects_continue());
  CHECK(second.host.empty());
}

}  // namespace
}  // namespace pgw::http::test
