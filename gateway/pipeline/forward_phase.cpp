// Phase `upstream`: hands the request over to a Forward, which settles and answers it.
#include "gateway/pipeline/forward.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

/// Everything that a write makes stale: what its path says, and what the rule of its operation adds.
cache::Tags changed_by(const RequestContext& context) {
  const auto segments = segments_of(context.route);
  auto tags = cache::write_tags(segments, context.runtime->base_segments);
  for (const auto& extra : context.policy().also_invalidates) {
    tags.push_back(extra.tag_for(context.route));
    tags.push_back(cache::arrivals_in(tags.back().text()));
  }
  return tags;
}

}  // namespace

Progress forward(RequestContext& context) {
  ForwardJob job{.runtime = context.runtime,
                 .operation = &context.operation(),
                 .outgoing = {},
                 .fetch = std::move(context.fetch),
                 .revalidated = std::move(context.revalidated),
                 .changed = {},
                 .context = context.shared_from_this()};
  const bool for_cache = static_cast<bool>(job.fetch);
  job.outgoing =
      outgoing_request(context, for_cache, for_cache ? job.fetch.validators() : std::vector<cache::Header>{});
  if (!context.policy().changes_nothing) job.changed = changed_by(context);
  Forward::start(context.worker, std::move(job));
  return Progress::waiting;
}

}  // namespace pgw::pipeline
