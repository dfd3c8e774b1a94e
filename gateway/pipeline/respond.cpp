#include "gateway/pipeline/respond.h"

#include <algorithm>
#include <array>

#include "cache/conditional.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

constexpr std::string_view set_by_gateway[] = {"x-request-id", "content-length", "proxy-status"};

bool is_set_by_gateway(std::string_view name) {
  return std::ranges::any_of(set_by_gateway, [&](std::string_view own) { return http::iequals(own, name); });
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

/// The stored fields that a 304 repeats: all but those that describe a body which isn't sent (RFC 9110 section 15.4.5).
std::string fields_of_not_modified(const cache::Entry& entry) {
  std::string fields;
  for (const auto& [name, value] : cache::parse_block(entry.headers)) {
    const bool describes_body =
        name.size() > 8 && http::iequals(name.substr(0, 8), "content-") && !http::iequals(name, "content-location");
    if (!describes_body) append_line(fields, name, value);
  }
  return fields;
}

void respond_range(RequestContext& context, const cache::Entry& entry, const cache::RangeVerdict& verdict,
                   std::string fields) {
  const std::string size = std::to_string(entry.body->size());
  if (verdict.kind == cache::RangeVerdict::Kind::unsatisfiable) {
    append_line(fields, "Content-Range", "bytes */" + size);
    context.exchange->respond(response_head(context, 416, std::move(fields)), nullptr);
    return;
  }
  const auto [first, last] = verdict.range;
  append_line(fields, "Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + size);
  context.exchange->respond(response_head(context, 206, std::move(fields)),
                            std::make_shared<const std::string>(entry.body->substr(first, last - first + 1)));
}

}  // namespace

edge::ResponseHead response_head(RequestContext& context, int status, std::string fields) {
  context.outcome.status = status;
  fields += context.fields_for_this_caller;
  append_line(fields, "X-Request-ID", context.request_id);
  append_line(fields, "Cache-Status", cache_status(context.outcome));
  if (const std::string proxy = proxy_status(context.outcome); !proxy.empty()) {
    append_line(fields, "Proxy-Status", proxy);
  }
  return {status, std::move(fields)};
}

void respond_locally(RequestContext& context, Rejection rejection, const LocalResponse& response) {
  context.outcome.rejection = rejection;
  context.exchange->respond(response_head(context, response.status, response.fields),
                            std::make_shared<const std::string>(response.body));
}

void respond_with_failure(RequestContext& context, upstream::Failure failure) {
  context.outcome.failure = failure;
  respond_locally(context, Rejection::none, upstream_failure(failure));
}

void respond_from_entry(RequestContext& context, const cache::EntryPtr& entry) {
  const auto now = wall_clock_now();
  const auto request_fields = context.request_fields();
  context.outcome.ttl_seconds = std::chrono::floor<std::chrono::seconds>(entry->ttl(now)).count();

  std::string age;
  append_line(age, "Age", std::to_string(std::chrono::floor<std::chrono::seconds>(entry->age(now)).count()));
  if (cache::not_modified(*entry, request_fields, now)) {
    context.exchange->respond(response_head(context, 304, fields_of_not_modified(*entry) + age), std::nullopt);
    return;
  }
  const auto verdict =
      context.request().is_head() ? cache::RangeVerdict{} : cache::select_range(*entry, request_fields, now);
  if (verdict.kind != cache::RangeVerdict::Kind::whole) {
    respond_range(context, *entry, verdict, entry->headers + age);
    return;
  }
  context.exchange->respond(response_head(context, entry->status, entry->headers + age), entry->body);
}

void respond_relayed(RequestContext& context, int status, const http::Fields& fields, std::string body) {
  context.exchange->respond(response_head(context, status, relayed_fields(fields)),
                            std::make_shared<const std::string>(std::move(body)));
}

std::string relayed_fields(const http::Fields& fields) {
  std::string lines;
  for (const auto& field : fields) {
    if (!is_set_by_gateway(field.name)) append_line(lines, field.name, field.value);
  }
  return lines;
}

}  // namespace pgw::pipeline
