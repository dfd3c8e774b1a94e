#include "gateway/upstream/response_reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"

using pgw::upstream::ResponseReader;
using Event = ResponseReader::Event;

namespace {

/// What a reader made of bytes, as text: the same however the bytes were cut.
std::string reading_of(std::string_view bytes, std::size_t cut, bool is_head, bool then_closed) {
  ResponseReader reader;
  reader.begin(is_head);
  std::string told;
  std::string body;
  for (auto piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    for (;;) {
      const Event event = reader.next(piece);
      if (event == Event::more) break;
      if (event == Event::malformed) return "malformed";
      if (event == Event::oversized) return "oversized";
      if (event == Event::content) {
        body += reader.content();
        continue;
      }
      if (event == Event::end) {
        return told + "body '" + body + "'" + (reader.may_persist() ? "" : ", last of its connection");
      }
      told += std::to_string(reader.status()) + ' ';
      for (const auto& field : reader.fields()) told += field.name + '=' + field.value + ' ';
    }
  }
  if (!then_closed) return "unfinished";
  return reader.may_end_here() ? told + "body '" + body + "' to the end" : "incomplete";
}

std::string reading(std::string_view bytes, bool is_head = false, bool then_closed = false) {
  const std::string whole = reading_of(bytes, bytes.size(), is_head, then_closed);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    CHECK(reading_of(bytes, cut, is_head, then_closed) == whole);
  }
  return whole;
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

}  // namespace

TEST_CASE("response reader: what frames the body, and whether the connection goes on") {
  CHECK(reading(ok + "Content-Length: 3\r\n\r\nabc") == "200 Content-Length=3 body 'abc'");
  CHECK(reading(ok + "Content-Length: 0\r\n\r\n") == "200 Content-Length=0 body ''");
  CHECK(reading(ok + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc") == "200 Content-Length=3 body 'abc'");
  CHECK(reading(ok + "Transfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n") ==
        "200 Transfer-Encoding=chunked body 'abcde'");
  CHECK(reading(ok + "Content-Length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n") ==
        "200 Transfer-Encoding=Chunked body 'abc', last of its connection");
  CHECK(reading(ok + "Connection: X-A, Close\r\nContent-Length: 1\r\n\r\na") ==
        "200 Connection=X-A, Close Content-Length=1 body 'a', last of its connection");
  CHECK(reading("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na") ==
        "200 Content-Length=1 body 'a', last of its connection");
  CHECK(reading("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na") ==
        "200 Connection=keep-alive Content-Length=1 body 'a'");
  CHECK(reading(ok + "X: \xe2\x82\xac\t.\r\n\r\nabc", false, true) == "200 X=\xe2\x82\xac\t. body 'abc' to the end");
  CHECK(reading("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n") == "200 Content-Length=0 body ''");
}

TEST_CASE("response reader: a response to HEAD, 204 and 304 end with their head") {
  CHECK(reading(ok + "Content-Length: 30\r\n\r\n", true) == "200 Content-Length=30 body ''");
  CHECK(reading(ok + "Transfer-Encoding: chunked\r\n\r\n", true) == "200 Transfer-Encoding=chunked body ''");
  CHECK(reading("HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n") == "204 X=1 body ''");
  CHECK(reading("HTTP/1.1 304 Not Modified\r\nContent-Length: 30\r\n\r\n") == "304 Content-Length=30 body ''");
}

TEST_CASE("response reader: interim responses come before the final one") {
  CHECK(reading("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok +
                "Content-Length: 1\r\n\r\na") == "100 103 Link=</a> 200 Content-Length=1 body 'a'");
}

TEST_CASE("response reader: bytes behind a response are none of it") {
  ResponseReader reader;
  reader.begin(false);
  const std::string bytes = ok + "Content-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n";
  std::string_view input = bytes;
  REQUIRE(reader.next(input) == Event::head);
  REQUIRE(reader.next(input) == Event::content);
  REQUIRE(reader.next(input) == Event::end);
  CHECK(input == "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_CASE("response reader: what breaks off is not complete") {
  const auto bytes = GENERATE_COPY(ok.substr(0, 10), ok + "X: 1\r\n", ok + "Content-Length: 3\r\n\r\nab",
                                   ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nab",
                                   ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                                   ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n");
  CAPTURE(bytes);
  CHECK(reading(bytes, false, true) == "incomplete");
}

TEST_CASE("response reader: what could be read in two ways is malformed") {
  const std::string length = "Content-Length: 3\r\n\r\nabc";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string many_options;
  for (std::size_t i = 0; i <= pgw::http::ConnectionOptions::at_most; ++i)
    many_options += "a" + std::to_string(i) + ",";
  const std::vector<std::string> malformed = {
      // status lines
      "HTTP/1.1: 500 Oops\r\n" + length, "HTTP/2 200 OK\r\n" + length, "HTTP/1.1  200 OK\r\n" + length,
      "HTTP/1.1 20 OK\r\n" + length, "HTTP/1.1 2000 OK\r\n" + length, "HTTP/1.1 +20 OK\r\n" + length,
      "HTTP/1.1 2x0 OK\r\n" + length, "HTTP/1.1 099 OK\r\n" + length, "HTTP/1.1\t200 OK\r\n" + length,
      "http/1.1 200 OK\r\n" + length, "HTTP/11 200 OK\r\n" + length, "HTTP/1.1 200OK\r\n" + length,
      " HTTP/1.1 200 OK\r\n" + length, "\r\nHTTP/1.1 200 OK\r\n" + length, "ICY 200 OK\r\n" + length,
      "HTTP/1.1 200 O\x01K\r\n" + length, "HTTP/1.1 200 OK\n" + length, "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\nabc", std::string("HTTP/1.1 200 O\0K\r\n", 18) + length,
      // field lines
      ok + "X-A: a\r\n X-B: b\r\n" + length, ok + " X-A: a\r\n" + length, ok + "X-A: a\rX-B: b\r\n" + length,
      ok + "X A: a\r\n" + length, ok + "X-A : a\r\n" + length, ok + ": a\r\n" + length, ok + "X-A\r\n" + length,
      ok + "X-A: a\n" + length, ok + "X-A: a\x01\r\n" + length, ok + "X-A: a\x7f\r\n" + length,
      ok + std::string("X-A: a\0b\r\n", 10) + length, ok + "X-\x80: a\r\n" + length, ok + "X-A: a\r\r\n" + length,
      ok + "X(A): a\r\n" + length, ok + "\"X\": a\r\n" + length, ok + "X-A: a\x1b[0m\r\n" + length,
      ok + "Connection: " + many_options + "\r\n" + length,
      // lengths
      ok + "Content-Length: 5\r\nContent-Length: 3\r\n\r\nabcde", ok + "Content-Length: 5, 3\r\n\r\nabcde",
      ok + "Content-Length: 3, 3\r\n\r\nabc", ok + "Content-Length: -3\r\n\r\nabc",
      ok + "Content-Length: +3\r\n\r\nabc", ok + "Content-Length: 0x3\r\n\r\nabc",
      ok + "Content-Length: 3 3\r\n\r\nabc", ok + "Content-Length:\r\n\r\nabc",
      ok + "Content-Length: 18446744073709551616\r\n\r\nabc", ok + "Content-Length: 99999999999999999999999\r\n\r\nabc",
      ok + "Content-Length : 3\r\n\r\nabc", ok + "Content-Length: 3.0\r\n\r\nabc",
      // codings
      ok + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\nabcde",
      ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", ok + "Transfer-Encoding: gzip\r\n\r\n",
      ok + "Transfer-Encoding: chunked, chunked\r\n\r\n", ok + "Transfer-Encoding: identity\r\n\r\nabc",
      ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      ok + "Transfer-Encoding: xchunked\r\n\r\n", ok + "Transfer-Encoding:\r\n\r\nabc",
      // chunks
      chunked + "3\nabc\r\n0\r\n\r\n", chunked + "3 \nabc\r\n0\r\n\r\n", chunked + "x\r\nabc\r\n0\r\n\r\n",
      chunked + "-3\r\nabc\r\n0\r\n\r\n", chunked + "0x3\r\nabc\r\n0\r\n\r\n", chunked + "3\r\nabcd\r\n0\r\n\r\n",
      chunked + "3\r\nabc\n0\r\n\r\n", chunked + "\r\n3\r\nabc\r\n0\r\n\r\n", chunked + "10000000000000000\r\nabc",
      chunked + "3\r\nabc\r\n0\r\nX-T : 1\r\n\r\n", chunked + "3\r\nabc\r\n0\r\n X-T: 1\r\n\r\n",
      chunked + "3;\x01\r\nabc\r\n0\r\n\r\n", chunked + "3\r\nabc\r\n0\r\nContent-Length: 1\r\n\r\n"};
  for (const auto& bytes : malformed) {
    CAPTURE(bytes);
    CHECK(reading(bytes) == "malformed");
  }
  CHECK(malformed.size() >= 60);
}

TEST_CASE("response reader: a head that is too large is called so") {
  const std::string long_value(70'000, 'a');
  std::string many;
  for (int i = 0; i < 300; ++i) many += "X: 1\r\n";
  const auto bytes = GENERATE_COPY(ok + "X: " + long_value + "\r\n\r\n", ok + many + "\r\n",
                                   "HTTP/1.1 200 " + long_value + "\r\n\r\n");
  CHECK(reading_of(bytes, bytes.size(), false, false) == "oversized");
  CHECK(reading_of(bytes, bytes.size() / 2, false, false) == "oversized");
}
