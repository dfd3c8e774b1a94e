#include "gateway/pipeline/upstream_job.h"

#include <string>
#include <vector>

#include "gateway/pipeline/stage.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;
using namespace pgw::pipeline::test;

namespace {

constexpr std::string_view job_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: /v4}]
paths:
  /r:
    get:
      operationId: list
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array}}}}}
    post: {operationId: make, responses: {'200': {description: ok}}}
  /r/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: one, responses: {'200': {description: ok}}}
    put: {operationId: put, responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}}
  /events:
    get: {operationId: events, responses: {'200': {description: ok, content: {text/event-stream: {}}}}}
)";

const auto json_for_a_minute = fields_of({{"Content-Type", "application/json"}, {"Cache-Control", "max-age=60"}});
const auto plain_json = fields_of({{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}});
const auto events = fields_of({{"Content-Type", "text/event-stream"}});

void answer(PlayedUpstream::Call& call, std::string_view body, const http::Fields& fields = json_for_a_minute) {
  call.sink->on_head(200, fields);
  call.sink->on_body(body);
  call.sink->on_end();
}

bool is_hit(Stage& stage, const std::string& target) {
  const auto calls = stage.upstream->calls.size();
  const auto exchange = stage.send("GET", target);
  const bool from_memory = stage.upstream->calls.size() == calls && exchange->status() == 200;
  if (!from_memory) exchange->leave();
  return from_memory;
}

}  // namespace

TEST_CASE("the phases of a response stand in the order that the documentation tells") {
  std::vector<std::string> names;
  for (const auto& phase : response_phases()) names.emplace_back(phase.name);
  CHECK(names == std::vector<std::string>{"judge", "learn", "take-over", "claim", "negotiate", "deliver",
                                          "keep-promise", "check", "store", "answer"});
}

TEST_CASE("a read is stored before it is answered, from what was stored") {
  Stage stage(job_api);
  const auto exchange = stage.send("GET", "/v4/r/1");
  answer(stage.call(0), "1");
  CHECK(exchange->body == "1");
  CHECK(exchange->fields.find("stored") != std::string::npos);
  CHECK(is_hit(stage, "/v4/r/1"));
}

TEST_CASE("nothing that a write made stale is served once the write's answer begins") {
  const bool is_streamed = GENERATE(false, true);
  Stage stage(job_api);
  stage.send("GET", "/v4/r/1");
  answer(stage.call(0), "1");
  const auto write = stage.send("PUT", "/v4/r/1");
  write->on_answer = [&] { CHECK_FALSE(is_hit(stage, "/v4/r/1")); };
  auto& call = stage.call(1);
  call.sink->on_head(200, is_streamed ? events : plain_json);
  call.sink->on_body("{}");
  CHECK((write->status() == 200) == is_streamed);
  call.sink->on_end();
  CHECK(write->is_complete);
}

TEST_CASE("what is fetched while a write is under way, or while its answer flows, is not kept") {
  Stage stage(job_api);
  const bool answer_flows = GENERATE(false, true);
  stage.send("PUT", "/v4/r/1");
  auto& write = stage.call(0);
  if (answer_flows) write.sink->on_head(200, events);
  stage.send("GET", "/v4/r/1");
  answer(stage.call(1), "old");
  if (!answer_flows) write.sink->on_head(200, plain_json);
  write.sink->on_end();
  CHECK_FALSE(is_hit(stage, "/v4/r/1"));
}

TEST_CASE("a write that is refused here has promised nothing, and one whose answer is lost keeps its tags unsettled") {
  Stage stage(job_api);
  stage.send("GET", "/v4/r/1");
  answer(stage.call(0), "1");
  SECTION("refused") {
    stage.upstream->has_place = false;
    CHECK(stage.send("PUT", "/v4/r/1")->status() == 503);
    stage.upstream->has_place = true;
    CHECK(is_hit(stage, "/v4/r/1"));
  }
  SECTION("lost") {
    const auto write = stage.send("PUT", "/v4/r/1");
    stage.call(1).sink->on_failure(upstream::Failure::connection_terminated, "");
    CHECK(write->status() == 502);
    stage.send("GET", "/v4/r/1");
    answer(stage.call(2), "1");
    CHECK_FALSE(is_hit(stage, "/v4/r/1"));
  }
}

TEST_CASE("a write that was sent more than once is never refused: its first sending may have taken effect") {
  const bool is_repeated = GENERATE(false, true);
  Stage stage(job_api);
  stage.send("GET", "/v4/r/1");
  answer(stage.call(0), "1");
  const auto write = stage.send("PUT", "/v4/r/1");
  auto& call = stage.call(1);
  if (is_repeated) call.sink->on_repetition();
  call.sink->on_head(404, plain_json);
  call.sink->on_body("{}");
  call.sink->on_end();
  CHECK(write->status() == 404);
  CHECK(is_hit(stage, "/v4/r/1") == !is_repeated);
}

TEST_CASE("where a stored response may stand in for an error, a read is sent once") {
  const bool may_stand_in = GENERATE(false, true);
  Stage stage(job_api);
  stage.send("GET", "/v4/r/1");
  const std::string directives = may_stand_in ? "max-age=0, stale-if-error=60" : "max-age=0";
  answer(stage.call(0), "1", fields_of({{"Cache-Control", directives}, {"ETag", "\"1\""}}));
  CHECK(stage.call(0).request.repeatable);
  stage.send("GET", "/v4/r/1");
  CHECK(stage.call(1).request.repeatable == !may_stand_in);
}

TEST_CASE("events, and what the document has no schema for, flow as they come") {
  Stage stage(job_api);
  auto [method, target, fields] = GENERATE(table<std::string, std::string, http::Fields>({
      {"GET", "/v4/events", events},
      {"GET", "/v4/events", fields_of({{"Content-Type", "text/event-stream"}, {"Cache-Control", "max-age=60"}})},
      {"POST", "/v4/r", events},
      {"POST", "/v4/r", plain_json},
      {"GET", "/v4/r/1", plain_json},
  }));
  const auto exchange = stage.send(method, target);
  auto& call = stage.call(0);
  call.sink->on_head(200, fields);
  CHECK(exchange->status() == 200);
  CHECK(call.is_streamed);
  call.sink->on_body("data: 0\n\n");
  CHECK(exchange->body == "data: 0\n\n");
  call.sink->on_end();
  CHECK(exchange->is_complete);
}

TEST_CASE("what is to be stored, or checked against a schema, is collected first") {
  Stage stage(job_api);
  auto [method, target, fields] = GENERATE(table<std::string, std::string, http::Fields>({
      {"GET", "/v4/r/1", json_for_a_minute},
      {"GET", "/v4/r", plain_json},
      {"PUT", "/v4/r/1", plain_json},
  }));
  const auto exchange = stage.send(method, target);
  auto& call = stage.call(0);
  call.sink->on_head(200, fields);
  call.sink->on_body("[");
  CHECK(exchange->status() == 0);
  call.sink->on_body("]");
  call.sink->on_end();
  CHECK(exchange->body == "[]");
}

TEST_CASE("an upstream that breaks off after its head went out is told as such, not as a client that left") {
  Stage stage(job_api);
  const auto exchange = stage.send("GET", "/v4/events");
  auto& call = stage.call(0);
  call.sink->on_head(200, events);
  call.sink->on_failure(upstream::Failure::response_incomplete, "");
  CHECK(exchange->is_aborted);
  const auto& outcome = stage.context(*exchange).outcome;
  CHECK(outcome.failure == upstream::Failure::response_incomplete);
  CHECK(outcome.broke_off);
}

TEST_CASE("what nobody wants any more is cancelled, while reads for the cache and writes are heard to their end") {
  Stage stage(job_api);
  const auto* const method = GENERATE("GET", "PUT");
  const auto exchange = stage.send(method, "/v4/r/1");
  exchange->leave();
  CHECK_FALSE(stage.call(0).is_cancelled);
  // An event stream is of no use to the cache: without its client it ends at its head.
  const auto stream = stage.send("GET", "/v4/events");
  stage.call(1).sink->on_head(200, events);
  stream->leave();
  CHECK(stage.call(1).is_cancelled);
}

TEST_CASE("a request that was sent keeps its connection until its answer begins, though its client has left") {
  Stage stage(job_api);
  auto [fields, is_kept] = GENERATE(table<http::Fields, bool>({
      {fields_of({{"Content-Type", "application/json"}, {"Content-Length", "2"}}), true},
      {fields_of({{"Content-Type", "application/json"}, {"Content-Length", "70000"}}), false},
      {events, false},
  }));
  const auto exchange = stage.send("GET", "/v4/r/1", {{"Cache-Control", "no-store"}});
  auto& call = stage.call(0);
  const bool leaves_late = GENERATE(false, true);
  if (!leaves_late) exchange->leave();
  CHECK_FALSE(call.is_cancelled);
  call.sink->on_head(200, fields);
  if (leaves_late) exchange->leave();
  CHECK(call.is_cancelled == !is_kept);
  if (!is_kept) return;
  CHECK(call.sink->on_body("{}"));
  call.sink->on_end();
  CHECK(stage.upstream->calls.size() == 1);
}

TEST_CASE("what still waits for its turn when its client leaves is not sent, whatever it is") {
  Stage stage(job_api);
  stage.send("GET", "/v4/r/1");
  answer(stage.call(0), "1");
  stage.upstream->is_sending = false;
  stage.send("PUT", "/v4/r/1")->leave();
  stage.send("GET", "/v4/r/2")->leave();
  CHECK(stage.call(1).is_cancelled);
  CHECK(stage.call(2).is_cancelled);
  CHECK(stage.cache.stats().in_flight == 0);
}

TEST_CASE("a small response is taken off the upstream's hands for a client that reads slowly, a large one is held up") {
  Stage stage(job_api);
  auto [length, is_taken] = GENERATE(table<std::string, bool>({{"600000", true}, {"60000000", false}}));
  const auto exchange = stage.send("POST", "/v4/r");
  exchange->reads_on = false;
  auto& call = stage.call(0);
  call.sink->on_head(200, fields_of({{"Content-Length", length}}));
  CHECK(call.sink->on_body(std::string(300'000, 'x')) == is_taken);
}

TEST_CASE("a refusal of the gateway's own credential is no answer, unless the client sent one of its own") {
  Stage stage(job_api);
  const auto exchange = stage.send("GET", "/v4/r/1");
  stage.call(0).sink->on_head(401, plain_json);
  CHECK(exchange->status() == 502);
  CHECK(exchange->fields.find("error=proxy_configuration_error") != std::string::npos);
  CHECK(stage.call(0).is_cancelled);
  CHECK(stage.process.credential.is_refused());

  const auto own = stage.send("GET", "/v4/r/2", {{"Authorization", "Basic bWU6bWU="}});
  stage.call(1).sink->on_head(401, plain_json);
  stage.call(1).sink->on_end();
  CHECK(own->status() == 401);
}

TEST_CASE("an operation has its own time, and its client's address its own queue") {
  Stage stage(job_api,
              [](config::Settings& settings) { settings.operations["one"].timeout = std::chrono::milliseconds{1234}; });
  stage.send("GET", "/v4/r/1");
  stage.send("GET", "/v4/r");
  CHECK(stage.call(0).request.timeout == std::chrono::milliseconds{1234});
  CHECK(stage.call(1).request.timeout == std::chrono::milliseconds{30'000});
  CHECK(stage.call(0).request.queue == stage.call(1).request.queue);
}

TEST_CASE("a request that comes round again is refused") {
  Stage stage(job_api);
  stage.send("GET", "/v4/r/1");
  std::string via;
  for (const auto& field : stage.call(0).request.fields) {
    if (field.name == "Via") via = field.value;
  }
  CHECK(stage.send("GET", "/v4/r/1", {{"Via", via}})->status() == 508);
}
