#include "gateway/pipeline/prime.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "gateway/http/message.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

constexpr int answer_to_a_read = 200;

/// 200 and 201 carry the resource as it is now; 202 speaks of later, 204 of nothing.
bool carries_the_resource(const cache::Response& response) {
  if (response.status != 200 && response.status != 201) return false;
  const auto type = cache::find(response.headers, "content-type").value_or("");
  const auto media_type = cache::trim(type.substr(0, type.find(';')));
  return cache::equals_ignoring_case(media_type, "application/json") &&
         !cache::find(response.headers, "content-encoding");
}

/// A member of the response that stands for a path's parameter; nothing if it is no text.
std::optional<std::string> member_of(const std::string& body, const std::string& name) {
  const auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto member = document.find(name);
  if (member == document.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

/// The read's own path, routed anew, so that it is the very one that a client's request would be routed to.
std::optional<contract::Match> route_of(const RequestContext& context, const PrimedRead& primed,
                                        const std::string& body) {
  std::string path = context.runtime->contract->base_path();
  auto value = primed.values.begin();
  for (const auto& segment : primed.operation->segments()) {
    path += '/';
    if (!segment.is_parameter) {
      path += segment.text;
      continue;
    }
    const auto& [name, position] = *value++;
    const auto text = position ? context.route.path_values[*position] : member_of(body, name);
    if (!text) return std::nullopt;
    cache::append_encoded(path, *text);
  }
  auto route = context.runtime->contract->match("GET", path);
  const bool found = route.status == contract::Route::Status::found && route.match.operation == primed.operation;
  return found ? std::optional(std::move(route.match)) : std::nullopt;
}

bool fits_contract(const RequestContext& context, const PrimedRead& primed, const cache::Response& response) {
  return context.runtime->contract
      ->validate_response(*primed.operation, answer_to_a_read, "application/json", response.body)
      .empty();
}

}  // namespace

void finish_and_prime(RequestContext& context, cache::WriteGuard& guard, cache::Response response,
                      cache::TimePoint sent) {
  const Runtime& runtime = *context.runtime;
  const PrimedRead& primed = *context.policy().primes;
  std::optional<contract::Match> route;
  if (carries_the_resource(response)) route = route_of(context, primed, response.body);
  if (!route || !fits_contract(context, primed, response)) {
    guard.finish();
    return;
  }
  const std::string key = cache::make_key(
      {primed.operation->id(), runtime.upstream_identity, runtime.contract->canonical_path(*route), {}});
  const auto tags = cache::read_tags(segments_of(*route), runtime.base_segments);
  const cache::Read read{.key = key,
                         .request_headers = context.request_fields(),
                         .tags = tags,
                         .rule = runtime.policy(*primed.operation).rule,
                         .authorized = false,
                         .is_head = false,
                         .may_wait = false};
  response.status = answer_to_a_read;
  const auto result = guard.finish_and_prime(read, std::move(response), sent, wall_clock_now());
  context.outcome.stored = result == cache::PrimeResult::stored;
}

}  // namespace pgw::pipeline
