#include "gateway/pipeline/respond.h"

#include "base/text.h"
#include "cache/conditional.h"
#include "gateway/pipeline/compression.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

/// What the fields of a response seldom exceed, the gateway's own included.
constexpr std::size_t usual_head = 640;

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

/// The fields that every response of the gateway carries, once the outcome is complete.
void append_own_fields(std::string& out, const RequestContext& context) {
  out += context.fields_for_this_caller;
  append_line(out, "X-Request-ID", context.request_id);
  out += "Cache-Status: ";
  append_cache_status(out, context.outcome);
  out += "\r\n";
  if (const std::string proxy = proxy_status(context.outcome); !proxy.empty()) append_line(out, "Proxy-Status", proxy);
}

void append_age(std::string& out, cache::Duration age) {
  out += "Age: ";
  base::append_number(out, std::chrono::floor<std::chrono::seconds>(age).count());
  out += "\r\n";
}

void respond_range(RequestContext& context, const cache::EntryPtr& entry, const cache::RangeVerdict& verdict) {
  http::ResponseHead& head = context.worker.spare_head();
  const std::string size = std::to_string(entry->body.size());
  if (verdict.kind == cache::RangeVerdict::Kind::unsatisfiable) {
    append_line(head.fields, "Content-Range", "bytes */" + size);
    head.status = context.outcome.status = 416;
    append_own_fields(head.fields, context);
    context.exchange->respond(head, nullptr);
    return;
  }
  const auto [first, last] = verdict.range;
  append_line(head.fields, "Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + size);
  head.status = context.outcome.status = 206;
  append_own_fields(head.fields, context);
  context.exchange->respond(head, {entry, entry->body.view().substr(first, last - first + 1)});
}

}  // namespace

http::ResponseHead response_head(RequestContext& context, int status, std::string fields) {
  context.outcome.status = status;
  append_own_fields(fields, context);
  return {status, std::move(fields)};
}

void respond_locally(RequestContext& context, Rejection rejection, LocalResponse response) {
  context.outcome.rejection = rejection;
  response = in_shape(std::move(response), context.runtime->settings.validation.errors);
  context.exchange->respond(response_head(context, response.status, std::move(response.fields)),
                            std::make_shared<const std::string>(std::move(response.body)));
}

void respond_with_failure(RequestContext& context, upstream::Failure failure) {
  context.outcome.failure = failure;
  respond_locally(context, Rejection::none, upstream_failure(failure));
}

void respond_from_entry(RequestContext& context, cache::EntryPtr entry, cache::TimePoint now) {
  const auto request_fields = context.request_fields();
  const auto age = entry->age(now);
  context.outcome.ttl_seconds = std::chrono::floor<std::chrono::seconds>(entry->ttl(now) - context.older_by).count();
  const CodingChoice choice = choose_coding(context, *entry);
  bool is_coded = false;
  if (choice.coding) {
    auto coded = in_coding(context, entry, choice, now);
    is_coded = coded != entry;
    entry = std::move(coded);
  }

  http::ResponseHead& head = context.worker.spare_head();
  head.fields.clear();
  if (choice.varies) append_vary(head.fields, entry->headers);
  if (cache::not_modified(*entry, request_fields, now)) {
    head.fields += entry->not_modified_headers();
    append_age(head.fields, age);
    head.status = context.outcome.status = 304;
    append_own_fields(head.fields, context);
    context.exchange->respond(head, std::nullopt);
    return;
  }
  head.fields += entry->headers.view();
  append_age(head.fields, age);
  if (is_coded) note_coded(context, *choice.coding);
  const auto verdict = is_coded ? cache::RangeVerdict{} : cache::select_range(*entry, request_fields, now);
  if (verdict.kind != cache::RangeVerdict::Kind::whole) {
    respond_range(context, entry, verdict);
    return;
  }
  head.status = context.outcome.status = entry->status;
  append_own_fields(head.fields, context);
  const std::string_view body = entry->body;
  context.exchange->respond(head, {std::move(entry), body});
}

void respond_relayed(RequestContext& context, int status, const http::Fields& fields, std::string body) {
  context.exchange->respond(response_head(context, status, relayed_fields(fields)),
                            std::make_shared<const std::string>(std::move(body)));
}

void respond_relayed(RequestContext& context, int status, const http::Fields& fields,
                     std::optional<std::uint64_t> content_length) {
  context.exchange->respond(response_head(context, status, relayed_fields(fields)), content_length);
}

std::string relayed_fields(const http::Fields& fields) {
  std::string lines;
  lines.reserve(usual_head);
  for (const auto& field : fields) {
    if (!base::iequals(field.name, "content-length")) append_line(lines, field.name, field.value);
  }
  return lines;
}

}  // namespace pgw::pipeline
