#include "gateway/pipeline/compression.h"

#include <string>
#include <tuple>
#include <vector>

#include "gateway/pipeline/cache_clock.h"
#include "gateway/pipeline/stage.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;
using namespace pgw::pipeline::test;

namespace {

constexpr std::string_view coded_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /r/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: one, responses: {'200': {description: ok}}}
)";

void compress(config::Settings& settings) {
  settings.compression.codings = {config::Coding::gzip, config::Coding::br};
  settings.compression.min_size = 100;
}

void answer(PlayedUpstream::Call& call, const std::vector<std::pair<std::string, std::string>>& fields,
            const std::string& body) {
  call.sink->on_head(200, fields_of(fields));
  call.sink->on_body(body);
  call.sink->on_end();
}

bool has(const PlayedExchange& exchange, std::string_view line) {
  return exchange.fields.find(line) != std::string::npos;
}

const std::string long_text(10'000, 'x');
const std::vector<std::pair<std::string, std::string>> taking_gzip{{"Accept-Encoding", "gzip"}};

}  // namespace

TEST_CASE("a stored response is coded once for all who take the coding, and kept as it came") {
  Stage stage(coded_api, compress);
  stage.send("GET", "/r/1");
  answer(stage.call(0), {{"Content-Type", "text/plain"}, {"Cache-Control", "max-age=60"}, {"ETag", "\"a\""}},
         long_text);
  std::string first;
  for (int time = 0; time < 3; ++time) {
    const auto exchange = stage.send("GET", "/r/1", taking_gzip);
    CHECK(has(*exchange, "Content-Encoding: gzip\r\n"));
    CHECK(has(*exchange, "ETag: \"a--gzip\"\r\n"));
    CHECK(has(*exchange, "Vary: Accept-Encoding\r\n"));
    if (time == 0) first = exchange->body;
    CHECK(exchange->body.data() != nullptr);
    CHECK(exchange->body == first);
  }
  std::size_t size = 0;
  stage.cache.for_each([&](const cache::EntryInfo& info) {
    size = info.entry.body.size();
    const auto kept = stage.cache.alternative(info.shared, static_cast<std::size_t>(http::Coding::gzip), cache_now());
    CHECK(kept.state == cache::Store::Alternative::State::ready);
    CHECK(kept.entry->body == first);
  });
  CHECK(size == long_text.size());
  CHECK(stage.cache.stats().entries == 1);
  CHECK(stage.send("GET", "/r/1")->body == long_text);
}

TEST_CASE("a response may be coded by its type, unless its bytes are bound or must not be transformed") {
  const auto [name, value, is_coded] = GENERATE(table<std::string, std::string, bool>({
      {"Content-Type", "application/json; charset=utf-8", true},
      {"Content-Type", "application/vnd.api+JSON", true},
      {"Content-Type", "text/event-stream", true},
      {"Content-Type", "application/octet-stream", false},
      {"Content-Type", "image/png", false},
      {"Content-Type", "image/svg+xml", true},
      {"Content-MD5", "x", false},
      {"Repr-Digest", "x", false},
      {"Content-Encoding", "unknown", false},
      {"Cache-Control", "max-age=3, No-Transform", false},
  }));
  CAPTURE(name, value);
  Stage stage(coded_api, compress);
  const auto exchange = stage.send("GET", "/r/1", taking_gzip);
  std::vector<std::pair<std::string, std::string>> fields{{name, value}};
  if (name != "Content-Type") fields.emplace_back("Content-Type", "text/plain");
  answer(stage.call(0), fields, long_text);
  CHECK(has(*exchange, "Content-Encoding: gzip\r\n") == is_coded);
  CHECK((exchange->body == long_text) != is_coded);
}

TEST_CASE("a response that might have been coded says that it varies, and one that says so already doesn't twice") {
  Stage stage(coded_api, compress);
  const auto plain = stage.send("GET", "/r/1");
  answer(stage.call(0), {{"Content-Type", "text/plain"}}, long_text);
  CHECK(has(*plain, "Vary: Accept-Encoding\r\n"));
  const auto varying = stage.send("GET", "/r/1");
  answer(stage.call(1), {{"Content-Type", "text/plain"}, {"Vary", "Accept, accept-encoding"}}, long_text);
  CHECK_FALSE(has(*varying, "Vary: Accept-Encoding\r\n"));
  const auto image = stage.send("GET", "/r/1");
  answer(stage.call(2), {{"Content-Type", "image/png"}}, long_text);
  CHECK_FALSE(has(*image, "Vary"));
}

TEST_CASE("without codings nothing changes, whatever a client takes") {
  Stage stage(coded_api);
  const auto exchange = stage.send("GET", "/r/1", taking_gzip);
  answer(stage.call(0), {{"Content-Type", "text/plain"}}, long_text);
  CHECK(exchange->body == long_text);
  CHECK_FALSE(has(*exchange, "Vary"));
}

TEST_CASE("an ETag and its codings are told apart, and the origin hears its own") {
  CHECK(coded_etag("\"a\"", http::Coding::br) == "\"a--br\"");
  CHECK(coded_etag("W/\"a\"", http::Coding::zstd) == "W/\"a--zstd\"");
  CHECK(coded_etag("", http::Coding::gzip).empty());
  CHECK(without_codings("\"a--br\", W/\"b--gzip\" , \"c--zstd\",\"d\"") == "\"a\", W/\"b\" , \"c\",\"d\"");
  CHECK(without_codings("\"--gzip--br\"") == "\"--gzip\"");
  CHECK(without_codings("*") == "*");
}
