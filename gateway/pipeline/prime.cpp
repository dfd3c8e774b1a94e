#include "gateway/pipeline/prime.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "gateway/http/message.h"
#include "gateway/pipeline/cache_clock.h"
#include "gateway/pipeline/cache_key.h"
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
  const auto media_type = base::trim(type.substr(0, type.find(';')));
  return base::iequals(media_type, "application/json") && !cache::find(response.headers, "content-encoding");
}

/// A member of the response that stands for a path's parameter; nothing if it is no text.
std::optional<std::string> member_of(const std::string& body, const std::string& name) {
  const auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto member = document.find(name);
  if (member == document.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

/// With a reserved character (RFC 3986 section 2.2), which may be encoded or not in the path of a read: of one resource
/// or of two, only the origin knows.
bool has_two_spellings(std::string_view value) {
  return value.find_first_of(":/?#[]@!$&'()*+,;=") != std::string_view::npos;
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
    if (!text || has_two_spellings(*text)) return std::nullopt;
    cache::append_encoded(path, *text);
  }
  auto route = context.runtime->contract->match("GET", path);
  const bool found = route.status == contract::Route::Status::found && route.match.operation == primed.operation;
  return found ? std::optional(std::move(route.match)) : std::nullopt;
}

bool fits_contract(const RequestContext& context, const contract::Operation& read, const cache::Response& response) {
  const auto type = cache::find(response.headers, "content-type").value_or("");
  return context.runtime->contract->validate_response(read, answer_to_a_read, type, response.body).empty();
}

/// A reference to the request's own target, as `own_reference` tells it.
bool is_own_target(const RequestContext& context, std::string_view reference) {
  const contract::Contract& contract = *context.runtime->contract;
  std::string target = contract.base_path() + contract.canonical_path(context.route);
  if (!context.request().query.empty()) target += "?" + context.request().query;
  return reference == target;
}

bool speaks_for_itself(const RequestContext& context, int status, cache::HeaderSpan headers) {
  if (context.request().method != "POST" || status != answer_to_a_read) return false;
  const auto location = cache::find(headers, "content-location");
  if (!location || !is_own_target(context, *location)) return false;
  const auto now = cache_now();
  const auto meta = cache::read_response_meta(headers, now, context.runtime->settings.cache.targeted_field);
  return cache::freshness_lifetime(status, meta, {}, now).is_explicit();
}

/// The read that the response answers, routed as a client's request would be.
std::optional<contract::Match> primed_read(const RequestContext& context, const cache::Response& response) {
  const auto& primed = context.policy().primes;
  if (primed) {
    if (!carries_the_resource(response)) return std::nullopt;
    auto route = route_of(context, *primed, response.body);
    return route && fits_contract(context, *primed->operation, response) ? std::move(route) : std::nullopt;
  }
  const contract::Contract& contract = *context.runtime->contract;
  auto route = contract.match("GET", contract.base_path() + contract.canonical_path(context.route));
  if (route.status != contract::Route::Status::found) return std::nullopt;
  const bool must_fit = context.runtime->settings.validation.responses == config::Check::enforce;
  if (must_fit && !fits_contract(context, *route.match.operation, response)) return std::nullopt;
  return std::move(route.match);
}

}  // namespace

bool may_prime(const RequestContext& context, int status, cache::HeaderSpan headers) {
  return context.policy().primes || speaks_for_itself(context, status, headers);
}

void finish_and_prime(RequestContext& context, cache::WriteGuard& guard, cache::Response response,
                      cache::TimePoint sent) {
  const Runtime& runtime = *context.runtime;
  const auto route = primed_read(context, response);
  if (!route) {
    guard.finish();
    return;
  }
  // A rule's read is of the resource alone; a target that speaks for itself is the whole of it.
  const std::string_view query = context.policy().primes ? std::string_view() : context.request().query;
  std::string key;
  append_cache_key(key, runtime, *route, query, context.request_fields());
  const auto tags = cache::read_tags(segments_of(*route), runtime.base_segments);
  const cache::Read read{.key = key,
                         .request_headers = context.request_fields(),
                         .tags = tags,
                         .rule = runtime.policy(*route->operation).rule,
                         .authorized = context.is_authorized(),
                         .is_head = false,
                         .may_wait = false};
  response.status = answer_to_a_read;
  const auto result = guard.finish_and_prime(read, std::move(response), sent, cache_now());
  context.outcome.stored = result == cache::PrimeResult::stored;
}

}  // namespace pgw::pipeline
