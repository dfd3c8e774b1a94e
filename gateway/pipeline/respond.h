// The last phase: what is known about a request becomes a response, an access log line and metrics, all from its
// Outcome.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/http/exchange.h"
#include "gateway/http/message.h"
#include "gateway/pipeline/local_response.h"
#include "gateway/pipeline/request_context.h"

namespace pgw::pipeline {

/// `fields` (ready lines) with those that every response of the gateway carries: X-Request-ID, Cache-Status and, on a
/// failure, Proxy-Status. Sets the outcome's status first, so that the fields can speak of it.
http::ResponseHead response_head(RequestContext& context, int status, std::string fields);

/// The gateway's own answer.
void respond_locally(RequestContext& context, Rejection rejection, LocalResponse response);
void respond_with_failure(RequestContext& context, upstream::Failure failure);

/// From a stored or just fetched entry: 304 to a conditional request that it satisfies (RFC 9110 section 13), 206 or
/// 416 to a range of it (section 14), else all of it; with Age (RFC 9111 section 5.1).
void respond_from_entry(RequestContext& context, cache::EntryPtr entry, cache::TimePoint now);

/// What the upstream said, relayed: not stored, not shared. Or of a response without content, whose length is that of
/// the content it would have (RFC 9110 section 8.6).
void respond_relayed(RequestContext& context, int status, const http::Fields& fields, std::string body);
void respond_relayed(RequestContext& context, int status, const http::Fields& fields,
                     std::optional<std::uint64_t> content_length);

/// The fields that `take_over` left as lines, but for Content-Length, which is the edge's.
std::string relayed_fields(const http::Fields& fields);

/// The access log line and the metrics, once the exchange is over.
void record(RequestContext& context);

}  // namespace pgw::pipeline
