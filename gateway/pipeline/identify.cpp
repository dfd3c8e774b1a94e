// Phases `identify` and `authorize`: who calls, and whether they may.
#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "gateway/access/key_ring.h"
#include "gateway/pipeline/client_address.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

constexpr std::size_t longest_request_id = 128;

/// An id that callers may choose: safe to log and to send on as it is.
bool is_acceptable_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_request_id && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':' || c == '/' || c == '+' || c == '=';
  });
}

/// The first two values of a field: with two of them a key is ambiguous already.
class FirstTwo {
 public:
  FirstTwo(const http::Fields& fields, std::string_view name) {
    for (const auto& field : fields) {
      if (count_ < values_.size() && base::iequals(field.name, name)) values_[count_++] = field.value;
    }
  }
  std::span<const std::string_view> values() const { return std::span(values_).first(count_); }

 private:
  std::array<std::string_view, 2> values_;
  std::size_t count_ = 0;
};

/// The trace-id of a traceparent field (W3C Trace Context, section 3.2.2.3), which goes upstream untouched; empty if
/// malformed.
std::string_view trace_id_of(const http::Request& request) {
  const std::string* parent = request.fields.find("traceparent");
  if (parent == nullptr || parent->size() < 55 || (*parent)[2] != '-' || (*parent)[35] != '-') return {};
  const auto id = std::string_view(*parent).substr(3, 32);
  const bool is_hex = std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return is_hex ? id : std::string_view{};
}

Rejection rejection_for(access::Denial denial) {
  switch (denial) {
    case access::Denial::none:
      return Rejection::none;
    case access::Denial::missing:
      return Rejection::key_missing;
    case access::Denial::expired:
      return Rejection::key_expired;
    case access::Denial::ambiguous:
    case access::Denial::unknown:
      return Rejection::key_unknown;
  }
  return Rejection::key_unknown;
}

access::Denial find_principal(RequestContext& context) {
  const auto& fields = context.request().fields;
  const FirstTwo x_api_key(fields, "x-api-key");
  const FirstTwo authorization(fields, "authorization");
  const auto presented = access::presented_key(x_api_key.values(), authorization.values());
  if (presented.denial != access::Denial::none) return presented.denial;
  const auto found = context.runtime->keys->find(presented.key, context.arrived);
  context.principal = found.principal;
  return found.denial;
}

/// A client's own Via may name any number of gateways; only this process knows its own name.
bool has_been_here(const RequestContext& context) {
  const std::string_view own_name = context.worker.process().via_name;
  return std::ranges::any_of(context.request().fields, [&](const http::Field& field) {
    return base::iequals(field.name, "via") && field.value.find(own_name) != std::string::npos;
  });
}

std::string_view client_of(const RequestContext& context) {
  const http::Request& request = context.request();
  if (!request.from_trusted_proxy) return request.peer;
  return client_address(request, context.runtime->settings.trusted_proxies).client;
}

}  // namespace

Progress identify(RequestContext& context) {
  const http::Request& request = context.request();
  context.client = client_of(context);
  const std::string* id = request.fields.find("x-request-id");
  if (id != nullptr && is_acceptable_id(*id)) {
    context.request_id = *id;
  } else {
    context.worker.make_request_id(context);
  }
  context.trace_id = trace_id_of(request);
  if (has_been_here(context)) {
    respond_locally(context, Rejection::loop,
                    error_response(508, "Loop Detected: this request has come through this gateway before"));
    return Progress::answered;
  }

  if (context.runtime->settings.access.mode == config::AccessMode::open) {
    context.principal = &context.runtime->anonymous;
    return Progress::next;
  }
  const access::Denial denial = find_principal(context);
  if (denial == access::Denial::none) return Progress::next;
  respond_locally(context, rejection_for(denial), unauthorized(access::message(denial)));
  return Progress::answered;
}

Progress authorize(RequestContext& context) {
  const auto needed = access::scope_for(context.operation().method(), context.policy().changes_nothing);
  const auto refusal = access::authorize(*context.principal, context.operation().index(), needed);
  if (refusal == access::Refusal::none) return Progress::next;
  respond_locally(
      context, refusal == access::Refusal::missing_scope ? Rejection::scope_missing : Rejection::operation_not_allowed,
      error_response(403, access::message(refusal, needed)));
  return Progress::answered;
}

}  // namespace pgw::pipeline
