// One worker: an event loop, its connections to the upstream, and the requests that run on it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/http/request_handler.h"
#include "gateway/pipeline/access_log.h"
#include "gateway/pipeline/collecting_budget.h"
#include "gateway/pipeline/known_responses.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/runtime.h"
#include "gateway/upstream/client.h"

namespace pgw::pipeline {

/// Takes requests through the phases. Everything here belongs to the loop's thread.
class Worker final : public http::RequestHandler {
 public:
  /// `client`: asks the upstream; null: over sockets of its own.
  Worker(loop::EventLoop& loop, Process& process, std::shared_ptr<const Runtime> runtime,
         std::shared_ptr<upstream::Client> client = nullptr);

  void on_head(const std::shared_ptr<http::Exchange>& exchange) override;
  void on_request(const std::shared_ptr<http::Exchange>& exchange) override;
  void on_rejected(const std::shared_ptr<http::Exchange>& exchange, const http::Malformation& malformation) override;
  void on_finished(http::Exchange& exchange) override;

  /// Requests that begin from now on run under this configuration, connections under its limits.
  void use(std::shared_ptr<const Runtime> runtime);

  loop::EventLoop& loop() { return loop_; }
  Process& process() { return process_; }
  upstream::Client& client() { return *client_; }
  AccessLog& access_log() { return access_log_; }

  CollectingBudget& collecting() { return collecting_; }

  /// Of this configuration's contract; null for a configuration that is no longer the worker's.
  KnownResponses* known_responses(const Runtime& runtime) {
    return &runtime == runtime_.get() ? &known_responses_ : nullptr;
  }

  /// Makes `context.request_id`, for a request that brings none of its own: 64 random bits of this worker and 64 that
  /// no other request of it has, in hexadecimal. Not a secret.
  void make_request_id(RequestContext& context);

  /// For a response that is made and sent within one call: storage that is there already.
  http::ResponseHead& spare_head() { return spare_head_; }
  std::string& spare_key() { return spare_key_; }

 private:
  RequestContext& context_of(const std::shared_ptr<http::Exchange>& exchange);

  loop::EventLoop& loop_;
  Process& process_;
  std::shared_ptr<const Runtime> runtime_;
  CollectingBudget collecting_;  // before the client, whose calls give back what they took
  std::shared_ptr<upstream::Client> client_;
  AccessLog access_log_;
  KnownResponses known_responses_;
  std::array<char, 16> id_prefix_{};
  std::uint64_t ids_made_;
  http::ResponseHead spare_head_;
  std::string spare_key_;
};

}  // namespace pgw::pipeline
