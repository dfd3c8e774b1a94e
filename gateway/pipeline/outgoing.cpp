#include "gateway/pipeline/outgoing.h"

#include <functional>

#include "base/text.h"
#include "gateway/pipeline/client_address.h"
#include "gateway/pipeline/compression.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/upload.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

bool goes_upstream(FieldRole role, bool for_cache) {
  switch (role) {
    case FieldRole::ends_here:
    case FieldRole::for_cache:
      return false;
    case FieldRole::condition:
      return !for_cache;
    case FieldRole::goes_on:
    case FieldRole::credential:
      return true;
  }
  return false;
}

/// Who asks, by which name, and through what. Via is continued rather than begun anew, so that a request which comes
/// round again is known (RFC 9110 section 7.6.3).
void tell_the_way(std::vector<http::Field>& fields, const RequestContext& context) {
  const http::Request& request = context.request();
  const auto way = client_address(request, context.runtime->settings.trusted_proxies);
  const auto scheme = client_scheme(request);
  const auto host = context.policy().fields.tells_host() ? client_host(request) : std::string_view();
  fields.push_back({"Forwarded", forwarded_value(way, scheme, host)});
  fields.push_back({"X-Forwarded-For", forwarded_for_value(way)});
  fields.push_back({"X-Forwarded-Proto", std::string(scheme)});
  if (!host.empty()) fields.push_back({"X-Forwarded-Host", std::string(host)});

  std::string via;
  for (const auto& field : request.fields) {
    if (base::iequals(field.name, "via")) via.append(field.value).append(", ");
  }
  via.append("1.").append(std::to_string(request.version_minor)).append(" ").append(context.worker.process().via_name);
  fields.push_back({"Via", std::move(via)});
}

}  // namespace

upstream::OutgoingRequest outgoing_request(const RequestContext& context, bool for_cache,
                                           std::span<const cache::Header> validators) {
  const http::Request& request = context.request();
  upstream::OutgoingRequest outgoing;
  outgoing.method = context.operation().method();
  outgoing.path_and_query = context.runtime->contract->canonical_path(context.route);
  if (!request.query.empty()) outgoing.path_and_query += "?" + request.query;
  outgoing.body = request.body;
  outgoing.streamed = context.is_upload;
  if (context.is_upload) outgoing.body_length = announced_length(request);
  outgoing.queue = queue_of(context);
  outgoing.timeout = upstream_timeout(*context.runtime, context.operation());

  constexpr std::size_t own_fields = 6;
  outgoing.fields.reserve(request.fields.size() + validators.size() + own_fields);
  const FieldPolicy& policy = context.policy().fields;
  const bool is_compressing = !context.runtime->settings.compression.codings.empty();
  for (const auto& field : request.fields) {
    const FieldRole role = policy.role_of(field.name);
    if (!goes_upstream(role, for_cache)) continue;
    outgoing.fields.push_back(field);
    if (role == FieldRole::condition && is_compressing) {
      outgoing.fields.back().value = without_codings(field.value);
    }
  }
  for (const auto& [name, value] : validators) outgoing.fields.push_back({std::string(name), std::string(value)});
  outgoing.fields.push_back({"X-Request-ID", std::string(context.request_id)});
  tell_the_way(outgoing.fields, context);
  return outgoing;
}

std::size_t queue_of(const RequestContext& context) {
  const bool is_open = context.runtime->settings.access.mode == config::AccessMode::open;
  return std::hash<std::string_view>{}(is_open ? context.client : std::string_view(context.principal->team));
}

std::chrono::milliseconds upstream_timeout(const Runtime& runtime, const contract::Operation& operation) {
  const auto own = runtime.settings.operations.find(operation.id());
  const bool has_own = own != runtime.settings.operations.end() && own->second.timeout;
  return has_own ? *own->second.timeout : runtime.settings.upstream.timeout;
}

}  // namespace pgw::pipeline
