#include "gateway/http/body_framing.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"

namespace pgw::http::test {
namespace {

using Kind = AnnouncedBody::Kind;
using State = BodyReader::State;

struct Read {
  std::string content;
  State state = State::reading;
  std::size_t consumed = 0;
};

// Offers the input `step` bytes at a time, as packets would bring it.
Read read_all(BodyReader reader, std::string_view input, std::size_t step) {
  Read read;
  while (read.consumed < input.size() && reader.state() == State::reading) {
    std::string_view packet = input.substr(read.consumed, step);
    while (!packet.empty() && reader.state() == State::reading) {
      const auto piece = reader.next(packet);
      read.content += piece.content;
      read.consumed += piece.consumed;
      packet.remove_prefix(piece.consumed);
    }
  }
  read.state = reader.state();
  return read;
}

TEST_CASE("the header section announces a body in one way or is refused") {
  const auto [fields, kind, length] = GENERATE(table<std::vector<Field>, Kind, std::uint64_t>({
      {{}, Kind::none, 0},
      {{{"Content-Length", "0"}}, Kind::length, 0},
      {{{"content-length", "18446744073709551615"}}, Kind::length, 18446744073709551615U},
      {{{"Content-Length", "18446744073709551616"}}, Kind::bad_length, 0},
      {{{"Content-Length", ""}}, Kind::bad_length, 0},
      {{{"Content-Length", "+1"}}, Kind::bad_length, 0},
      {{{"Content-Length", "1, 1"}}, Kind::bad_length, 0},
      {{{"Content-Length", "1"}, {"Content-Length", "1"}}, Kind::bad_length, 0},
      {{{"Transfer-Encoding", "Chunked"}}, Kind::chunked, 0},
      {{{"Transfer-Encoding", " , chunked,"}}, Kind::chunked, 0},
      {{{"Transfer-Encoding", "gzip, chunked"}}, Kind::unknown_coding, 0},
      {{{"Transfer-Encoding", "chunked, gzip"}}, Kind::bad_coding, 0},
      {{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, Kind::bad_coding, 0},
      {{{"Transfer-Encoding", "identity"}}, Kind::bad_coding, 0},
      {{{"Transfer-Encoding", ""}}, Kind::bad_coding, 0},
      {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, Kind::bad_coding, 0},
      {{{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}, Kind::bad_coding, 0},
  }));
  Fields section;
  for (const Field& field : fields) section.add(field.name, field.value);
  const auto announced = announced_body(section);
  CHECK(announced.kind == kind);
  CHECK(announced.length == length);
}

TEST_CASE("chunks are content wherever the packets are cut, and nothing behind them is eaten") {
  const std::string message =
      "5\r\nhello\r\n0000001;a=\"\\\";\"\r\n \r\nA \t; b\r\n0123456789\r\n00;last\r\nX: 1\r\nY:\r\n\r\n";
  const std::size_t step = GENERATE(1U, 2U, 3U, 7U, 1000U);
  const Read read = read_all(BodyReader::chunked(), message + "GET /", step);
  CHECK(read.content == "hello 0123456789");
  CHECK(read.state == State::complete);
  CHECK(read.consumed == message.size());
  CHECK(read_all(BodyReader::chunked(), message.substr(0, message.size() - 1), step).state == State::reading);
}

TEST_CASE("a malformed chunk is refused at the byte that makes it so") {
  const std::string bad = GENERATE(
      as<std::string>(), "\r", "g", "+", "-", " ", "5\n", "5\r\r", "5x", "5 x", "5;\n", "5;\x7f", "5;\"\r", "5;\"\\\r",
      "1\r\nab", "1\r\na\n", "1\r\na\rb", "8000000000000000", "10000000000000000", "0\r\nX : 1\r\n", "0\r\nX\r\n",
      "0\r\n X: 1\r\n", "0\r\nX: 1\n", "0\r\nContent-Length: 1\r\n", "0\r\ntransfer-encoding: chunked\r\n", "0\r\n\n");
  INFO(bad);
  CHECK(read_all(BodyReader::chunked(), bad, 1).state == State::malformed);
  CHECK(read_all(BodyReader::chunked(), bad, 100).state == State::malformed);
  CHECK(read_all(BodyReader::chunked(), std::string_view(bad).substr(0, bad.size() - 1), 1).state == State::reading);
}

TEST_CASE("lines, trailers and what they cost together are bounded") {
  const auto is_oversized = [](const std::string& input) {
    BodyReader reader = BodyReader::chunked();
    for (std::string_view rest = input; !rest.empty() && reader.state() == State::reading;) {
      rest.remove_prefix(reader.next(rest).consumed);
    }
    return reader.state() == State::malformed && reader.is_oversized();
  };
  CHECK(is_oversized("5;" + std::string(ChunkedDecoder::max_line, 'a')));
  CHECK(is_oversized(std::string(ChunkedDecoder::max_line + 1, '0')));
  std::string trailers = "0\r\n";
  while (trailers.size() < ChunkedDecoder::max_line + 10) trailers += "X: 1\r\n";
  CHECK(is_oversized(trailers));

  std::string costly;
  for (int i = 0; i < 100; ++i) costly += "1;" + std::string(1000, 'a') + "\r\nx\r\n";
  CHECK(is_oversized(costly));
  std::string tiny;  // as an unbuffered writer makes them
  for (int i = 0; i < 100'000; ++i) tiny += "1\r\nx\r\n";
  CHECK_FALSE(is_oversized(tiny));
}

TEST_CASE("a body with a length ends there, and one without ends with the connection") {
  BodyReader sized = BodyReader::of_length(5);
  CHECK(sized.remaining() == 5U);
  CHECK_FALSE(sized.may_end_here());
  CHECK(sized.next("hel").content == "hel");
  const auto piece = sized.next("lo, world");
  CHECK(piece.content == "lo");
  CHECK(piece.consumed == 2);
  CHECK(sized.state() == State::complete);
  CHECK(sized.may_end_here());

  BodyReader endless = BodyReader::until_close();
  CHECK(endless.next("anything").content == "anything");
  CHECK(endless.state() == State::reading);
  CHECK(endless.may_end_here());
  CHECK_FALSE(endless.remaining());

  CHECK(BodyReader().state() == State::complete);
  CHECK(BodyReader::of_length(0).state() == State::complete);
  CHECK_FALSE(BodyReader::chunked().may_end_here());
}

}  // namespace
}  // namespace pgw::http::test
