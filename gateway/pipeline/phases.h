// The life of a request between edge and upstream, in order. This list is the only place that knows the order.
#pragma once

#include <span>
#include <string_view>

#include "gateway/pipeline/request_context.h"

namespace pgw::pipeline {

enum class Progress {
  next,      ///< go on with the next phase
  answered,  ///< the response is on its way; nothing more to do
  waiting,   ///< something else will go on with this request: the upstream, or another request's fetch
};

enum class Moment {
  head,     ///< runs when the head is there, before the body is read
  request,  ///< runs when the body is there
};

class UpstreamJob;

struct Phase {
  std::string_view name;
  Moment moment;
  Progress (*run)(RequestContext&);
  std::string_view why_here;
};

/// The phases that a request runs through. Before them stands the edge.
std::span<const Phase> phases();

enum class ResponseMoment {
  head,  ///< runs when the response's status and fields are there
  end,   ///< runs when its last byte is there
};

struct ResponsePhase {
  std::string_view name;
  ResponseMoment moment;
  Progress (UpstreamJob::*run)();
  std::string_view why_here;
};

/// The phases that the upstream's response runs through. The access log line and the metrics follow once the last byte
/// is handed to the kernel (respond.h).
std::span<const ResponsePhase> response_phases();

/// Runs the phases of one moment until one doesn't say `next`.
Progress run_phases(Moment moment, RequestContext& context);

/// The same, from one phase on: for a request that waited.
void run_phases_from(Progress (*first)(RequestContext&), RequestContext& context);

Progress identify(RequestContext& context);        ///< request id, trace context, key to principal; 401, 508
Progress limit_all(RequestContext& context);       ///< per-key rate, where every request is charged; 429
Progress admit(RequestContext& context);           ///< how much key and team have under way; 429
Progress route(RequestContext& context);           ///< method and path to an operation; 404, 405
Progress authorize(RequestContext& context);       ///< scopes and operation allow-list; 403
Progress validate(RequestContext& context);        ///< path, query, header, media type, body; 415, 422
Progress consult_cache(RequestContext& context);   ///< hit, stale, join or fetch; 504 for only-if-cached
Progress limit_upstream(RequestContext& context);  ///< per-key rate, where only what goes upstream is charged; 429
Progress forward(RequestContext& context);         ///< to the upstream

}  // namespace pgw::pipeline
