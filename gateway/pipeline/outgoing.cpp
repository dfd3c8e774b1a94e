#include <algorithm>

#include "base/text.h"
#include "gateway/pipeline/forward.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

using Names = std::span<const std::string_view>;

// Host and Content-Length are libcurl's, X-Request-ID is set anew. Method overrides would let a request do upstream
// what it was not checked for here.
constexpr std::string_view never_forwarded[] = {
    "host", "content-length", "expect", "x-http-method-override", "x-http-method", "x-method-override", "x-request-id",
};

// A fetch for the cache asks for the whole representation and under the cache's own conditions.
constexpr std::string_view own_conditions[] = {
    "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range",
};

constexpr std::string_view of_a_range[] = {"range", "if-range"};

constexpr std::string_view authorization = "authorization";
// X-API-KEY is the team's, Accept-Encoding the upstream client's.
constexpr std::string_view for_the_gateway[] = {"x-api-key", "accept-encoding"};

bool is_one_of(Names names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return base::iequals(one, name); });
}

bool is_credential(const RequestContext& context, std::string_view name) {
  const auto& credential = context.runtime->target->credential;
  return credential != nullptr && base::iequals(name, credential->header());
}

/// With open access everybody is of one team, so each address is taken for one.
std::size_t queue_of(const RequestContext& context) {
  const bool is_open = context.runtime->settings.access.mode == config::AccessMode::open;
  if (is_open || context.principal == nullptr) return std::hash<std::string>{}(context.request().peer);
  return context.principal->team_number;
}

}  // namespace

bool forwards_authorization(const RequestContext& context) {
  return context.runtime->settings.access.mode == config::AccessMode::open && !is_credential(context, authorization);
}

bool is_authorized(const RequestContext& context) {
  return forwards_authorization(context) && context.request().fields.contains(authorization);
}

bool stays_here(const RequestContext& context, std::string_view name) {
  if (base::iequals(name, authorization)) return !forwards_authorization(context);
  if (is_one_of(for_the_gateway, name) || is_credential(context, name)) return true;
  return context.request().is_head() && is_one_of(of_a_range, name);
}

upstream::OutgoingRequest outgoing_request(const RequestContext& context, bool for_cache,
                                           std::span<const cache::Header> validators) {
  const http::Request& request = context.request();
  upstream::OutgoingRequest outgoing;
  outgoing.method = context.operation().method();
  outgoing.path_and_query = context.runtime->contract->canonical_path(context.route);
  if (!request.query.empty()) outgoing.path_and_query += "?" + request.query;
  outgoing.body = request.body;
  outgoing.queue = queue_of(context);

  outgoing.fields.reserve(request.fields.size() + validators.size() + 2);
  for (const auto& field : request.fields) {
    if (http::is_hop_by_hop(field.name, {}) || is_one_of(never_forwarded, field.name)) continue;
    if (stays_here(context, field.name) || (for_cache && is_one_of(own_conditions, field.name))) continue;
    outgoing.fields.push_back(field);
  }
  for (const auto& [name, value] : validators) outgoing.fields.push_back({std::string(name), std::string(value)});
  outgoing.fields.push_back({"X-Request-ID", std::string(context.request_id)});
  outgoing.fields.push_back({"Via", "1." + std::to_string(request.version_minor) + " projects-gateway"});
  return outgoing;
}

}  // namespace pgw::pipeline
