// A body that goes upstream as it comes, instead of being collected first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/http/exchange.h"
#include "gateway/pipeline/method_override.h"
#include "gateway/pipeline/request_context.h"

namespace pgw::pipeline {

/// Whether the body of a request, whose head was accepted, goes upstream as it comes: nothing here has to see it first,
/// and it is not so small that it may as well be collected, which costs one write and no place at the upstream
/// meanwhile.
bool goes_up_as_it_comes(const RequestContext& context);

/// How long the body is going to be, as its head says; nullopt: that can't be told yet.
std::optional<std::uint64_t> announced_length(const http::Request& request);

/// Hands the body on to the job that sends the request. Held by the exchange, and holds the job: both end with it.
class Upload final : public http::BodySink {
 public:
  Upload(const RequestContext& context, std::shared_ptr<UpstreamJob> job);

  bool on_body(std::string_view piece) override;
  void on_body_end() override;

 private:
  MultipartOverride override_;
  const std::shared_ptr<UpstreamJob> job_;
};

}  // namespace pgw::pipeline
