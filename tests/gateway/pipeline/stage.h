// A worker of the pipeline between an upstream and a client that a test plays by hand: no socket, no thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/cache.h"
#include "gateway/http/exchange.h"
#include "gateway/loop/event_loop.h"
#include "gateway/pipeline/contracts.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/runtime.h"
#include "gateway/pipeline/worker.h"
#include "gateway/upstream/client.h"

namespace pgw::pipeline::test {

/// Keeps what it is asked for; the test answers by calling the sink.
class PlayedUpstream final : public upstream::Client {
 public:
  struct Call {
    upstream::OutgoingRequest request;
    std::shared_ptr<upstream::ResponseSink> sink;
    bool is_cancelled = false;
    bool is_streamed = false;
    int resumed = 0;
    std::string body;  ///< of a streamed request, as far as it has come
    bool is_body_whole = false;
  };

  void retarget(std::shared_ptr<const upstream::Target>) override {}
  CallId start(upstream::OutgoingRequest request, std::shared_ptr<upstream::ResponseSink> sink) override {
    if (on_start) on_start();
    calls.push_back({std::move(request), std::move(sink)});
    return calls.size();
  }
  void resume(CallId id) override { ++calls.at(id - 1).resumed; }
  void stream(CallId id) override { calls.at(id - 1).is_streamed = true; }
  bool write_body(CallId id, std::string_view piece) override {
    calls.at(id - 1).body += piece;
    return takes_more_body;
  }
  void end_body(CallId id) override { calls.at(id - 1).is_body_whole = true; }
  void cancel(CallId id) override { calls.at(id - 1).is_cancelled = true; }
  bool withdraw(CallId id) override {
    if (is_sending) return false;
    calls.at(id - 1).is_cancelled = true;
    return true;
  }
  bool has_room(std::size_t) const override { return has_place; }

  std::deque<Call> calls;  // references to them stay valid
  bool has_place = true;
  bool takes_more_body = true;
  bool is_sending = true;  ///< false: what it was asked for waits
  std::function<void()> on_start;
};

/// Keeps what it is answered.
class PlayedExchange final : public http::Exchange {
 public:
  using http::Exchange::Exchange;

  void limit_body(std::uint64_t) override {}
  void take_body(std::shared_ptr<http::BodySink> taker) override { sink = std::move(taker); }
  void resume_body() override { ++resumed; }
  void respond(const http::ResponseHead& head, http::Content content) override {
    answer(head);
    body = content.bytes;
    is_complete = true;
  }
  void respond(const http::ResponseHead& head, std::optional<std::uint64_t>) override {
    answer(head);
    is_complete = true;
  }
  void interim(const http::ResponseHead&) override {}
  void begin(const http::ResponseHead& head, std::optional<std::uint64_t>) override { answer(head); }
  bool write(std::string_view piece) override {
    body += piece;
    return reads_on;
  }
  void end() override { is_complete = true; }
  void abort() override { is_aborted = true; }

  /// The client leaves.
  void leave() {
    client_gone_ = true;
    if (on_disconnect_) std::exchange(on_disconnect_, nullptr)();
  }

  std::string fields;
  std::string body;
  bool is_complete = false;
  bool is_aborted = false;
  bool reads_on = true;
  std::shared_ptr<http::BodySink> sink;  ///< what takes the request's body as it comes
  int resumed = 0;
  std::function<void()> on_answer;

 private:
  void answer(const http::ResponseHead& head) {
    if (on_answer) on_answer();
    phase_ = Phase::done;
    status_ = head.status;
    fields = head.fields;
  }
};

struct Stage {
  /// With `keys` callers need one of them; without, access is open.
  explicit Stage(std::string_view api, const std::function<void(config::Settings&)>& configure = {},
                 std::vector<config::KeyEntry> keys = {})
      : contract(contract_of(api)), metrics(operation_ids(*contract), {}, "test", "") {
    config::Settings settings;
    settings.access.mode = keys.empty() ? config::AccessMode::open : config::AccessMode::keys;
    settings.upstream.url = {"http", "api.internal", 80, "/v4"};
    settings.upstream.credential =
        config::UpstreamCredential{"X-API-KEY", config::Secret("an-upstream-credential"), {}};
    if (configure) configure(settings);
    BuildOptions options;
    options.extra_keys = std::move(keys);
    auto built = build_runtime(settings, contract, std::move(options));
    for (const auto& problem : built.problems) UNSCOPED_INFO(contract::to_string(problem));
    REQUIRE(built.runtime != nullptr);
    worker.emplace(loop, process, built.runtime, upstream);
  }

  // Exchanges and their contexts, jobs and their sinks hold each other.
  ~Stage() {
    upstream->calls.clear();
    for (const auto& exchange : sent) {
      exchange->sink.reset();
      exchange->attachment().reset();
    }
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  std::shared_ptr<PlayedExchange> send(const std::string& method, const std::string& target,
                                       const std::vector<std::pair<std::string, std::string>>& fields = {}) {
    auto exchange = sent.emplace_back(std::make_shared<PlayedExchange>(loop));
    auto& request = exchange->mutable_request();
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.host = "gw.example";
    request.peer = "192.0.2.7";
    for (const auto& [name, value] : fields) request.fields.add(name, value);
    worker->on_head(exchange);
    if (!exchange->answered() && exchange->sink == nullptr) worker->on_request(exchange);
    return exchange;
  }

  /// The edge is done with an exchange.
  void finish(const std::shared_ptr<PlayedExchange>& exchange) {
    worker->on_finished(*exchange);
    exchange->attachment().reset();
  }

  RequestContext& context(http::Exchange& exchange) {
    return *static_cast<RequestContext*>(exchange.attachment().get());
  }

  PlayedUpstream::Call& call(std::size_t number) { return upstream->calls.at(number); }

  std::shared_ptr<const contract::Contract> contract;
  metrics::Metrics metrics;
  cache::Cache cache{{}};
  upstream::Breaker breaker{{}};
  Process process{cache, metrics, breaker, nullptr};
  loop::EventLoop loop{0};
  std::shared_ptr<PlayedUpstream> upstream = std::make_shared<PlayedUpstream>();
  std::optional<Worker> worker;
  std::vector<std::shared_ptr<PlayedExchange>> sent;
};

inline http::Fields fields_of(const std::vector<std::pair<std::string, std::string>>& list) {
  http::Fields fields;
  for (const auto& [name, value] : list) fields.add(name, value);
  return fields;
}

}  // namespace pgw::pipeline::test
