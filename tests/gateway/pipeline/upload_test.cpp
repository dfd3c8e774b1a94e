#include "gateway/pipeline/upload.h"

#include <string>
#include <vector>

#include "gateway/pipeline/stage.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;
using namespace pgw::pipeline::test;

namespace {

constexpr std::string_view upload_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: /v4}]
paths:
  /files/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: read, responses: {'200': {description: ok}}}
    put:
      operationId: put
      requestBody: {required: true, content: {application/octet-stream: {}, multipart/form-data: {}, application/x-www-form-urlencoded: {}}}
      responses: {'200': {description: ok}}
  /notes:
    post:
      operationId: note
      requestBody: {content: {application/json: {schema: {type: object}}, application/vnd.any+json: {}}}
      responses: {'200': {description: ok}}
)";

using FieldList = std::vector<std::pair<std::string, std::string>>;

FieldList of_type(const std::string& type, const std::string& length = "100000000") {
  return {{"Content-Type", type}, {"Content-Length", length}};
}

const FieldList octets = of_type("application/octet-stream");

struct UploadStage : Stage {
  UploadStage() : Stage(upload_api, [](config::Settings& settings) { settings.limits.max_body = 200'000'000; }) {}

  bool is_hit(const std::string& target) {
    const auto asked = upstream->calls.size();
    const auto exchange = send("GET", target);
    if (upstream->calls.size() == asked) return exchange->status() == 200;
    answer(upstream->calls.back());
    return false;
  }

  void answer(PlayedUpstream::Call& call) {
    call.sink->on_head(200, fields_of({{"Cache-Control", "max-age=60"}, {"Content-Type", "text/plain"}}));
    call.sink->on_body("answer");
    call.sink->on_end();
  }
};

}  // namespace

TEST_CASE("a body goes up as it comes if nothing here has to see it, and it may be large") {
  auto [target, fields, is_streamed] = GENERATE(table<std::string, FieldList, bool>({
      {"/v4/files/1", octets, true},
      {"/v4/files/1", of_type("multipart/form-data; boundary=x"), true},
      {"/v4/files/1", {{"Content-Type", "application/octet-stream"}, {"Transfer-Encoding", "chunked"}}, true},
      {"/v4/files/1", of_type("application/octet-stream", "65536"), false},
      {"/v4/files/1", of_type("application/octet-stream", "200000001"), false},
      {"/v4/files/1", of_type("application/x-www-form-urlencoded"), false},
      {"/v4/notes", of_type("application/json"), false},
      {"/v4/notes", of_type("application/vnd.any+json"), true},
  }));
  CAPTURE(target, fields);
  UploadStage stage;
  const auto exchange = stage.send(target == "/v4/notes" ? "POST" : "PUT", target, fields);
  CHECK((exchange->sink != nullptr) == is_streamed);
  if (!is_streamed) return;
  auto& call = stage.call(0);
  CHECK(call.request.streamed);
  CHECK(call.request.body_length.has_value() == (fields.back().first == "Content-Length"));
  CHECK(exchange->sink->on_body("one"));
  CHECK(call.body == "one");
  CHECK(exchange->sink->on_body("two"));
  exchange->sink->on_body_end();
  CHECK(call.body == "onetwo");
  CHECK(call.is_body_whole);
  stage.answer(call);
  CHECK(exchange->body == "answer");
}

TEST_CASE("a request is refused by its head before any of an upload is asked for") {
  UploadStage stage;
  CHECK(stage.send("PUT", "/v4/files/1", of_type("image/png"))->status() == 415);
  stage.upstream->has_place = false;
  const auto exchange = stage.send("PUT", "/v4/files/1", octets);
  CHECK(exchange->status() == 503);
  CHECK(exchange->sink == nullptr);
}

TEST_CASE("an upstream that takes no more of an upload holds up its client, until it takes more") {
  UploadStage stage;
  const auto exchange = stage.send("PUT", "/v4/files/1", octets);
  stage.upstream->takes_more_body = false;
  CHECK_FALSE(exchange->sink->on_body("one"));
  CHECK(exchange->resumed == 0);
  stage.call(0).sink->on_writable();
  CHECK(exchange->resumed == 1);
}

TEST_CASE("an upload that its client or the edge breaks off is broken off, and nobody knows what it did") {
  UploadStage stage;
  stage.is_hit("/v4/files/1");
  REQUIRE(stage.is_hit("/v4/files/1"));
  const auto exchange = stage.send("PUT", "/v4/files/1", octets);
  auto& call = stage.call(1);
  exchange->sink->on_body("one");
  const bool is_refused = GENERATE(false, true);
  if (is_refused) {
    stage.worker->on_rejected(exchange, {413, "body-too-large", "the body is too large"});
    CHECK(exchange->status() == 413);
  } else {
    exchange->leave();
  }
  CHECK(call.is_cancelled);
  CHECK_FALSE(call.is_body_whole);
  CHECK_FALSE(stage.is_hit("/v4/files/1"));
  CHECK_FALSE(stage.is_hit("/v4/files/1"));  // unsettled: it may yet take effect
}

TEST_CASE("an upload that waits for its turn when its client leaves was never sent") {
  UploadStage stage;
  stage.upstream->is_sending = false;
  const auto exchange = stage.send("PUT", "/v4/files/1", octets);
  exchange->sink->on_body("one");
  exchange->leave();
  CHECK(stage.call(0).is_cancelled);
  stage.upstream->is_sending = true;
  CHECK_FALSE(stage.is_hit("/v4/files/1"));
  CHECK(stage.is_hit("/v4/files/1"));
}

TEST_CASE("an upstream may answer an upload before it has come to its end") {
  UploadStage stage;
  const auto exchange = stage.send("PUT", "/v4/files/1", octets);
  exchange->sink->on_body("one");
  auto& call = stage.call(0);
  const bool reads_on = GENERATE(false, true);
  call.sink->on_head(reads_on ? 200 : 403, fields_of({{"Content-Type", "text/plain"}}));
  CHECK(exchange->status() == (reads_on ? 200 : 403));
  call.sink->on_body("said");
  if (reads_on) {
    CHECK(exchange->sink->on_body("two"));
    CHECK(call.body == "onetwo");
    exchange->sink->on_body_end();
    CHECK(call.is_body_whole);
  }
  call.sink->on_end();
  CHECK(exchange->body == "said");
  CHECK(exchange->is_complete);
  exchange->leave();
  CHECK_FALSE(call.is_cancelled);
}

TEST_CASE("an upstream that dies in the middle of an upload is told as such") {
  UploadStage stage;
  stage.is_hit("/v4/files/1");
  const auto exchange = stage.send("PUT", "/v4/files/1", octets);
  exchange->sink->on_body("one");
  stage.call(1).sink->on_failure(upstream::Failure::connection_terminated, "");
  CHECK(exchange->status() == 502);
  CHECK(stage.context(*exchange).outcome.failure == upstream::Failure::connection_terminated);
  CHECK_FALSE(stage.is_hit("/v4/files/1"));
  CHECK_FALSE(stage.is_hit("/v4/files/1"));
}

TEST_CASE("a multipart form that overrides its method is refused though a part of it has gone up") {
  UploadStage stage;
  const auto exchange = stage.send("PUT", "/v4/files/1", of_type("multipart/form-data; boundary=x"));
  CHECK(exchange->sink->on_body("--x\r\nContent-Disposition: form-data; name=\"_met"));
  exchange->sink->on_body("hod\"\r\n\r\nDELETE\r\n--x--\r\n");
  CHECK(exchange->status() == 400);
  CHECK(stage.call(0).is_cancelled);
}
