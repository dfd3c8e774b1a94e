// Phase `upstream`: hands the request over to a job, which sends it, settles what comes back and answers.
#include "gateway/pipeline/outgoing.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/upstream_job.h"
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

std::shared_ptr<UpstreamJob> job_for(RequestContext& context) {
  Errand errand{.runtime = context.runtime,
                .operation = &context.operation(),
                .outgoing = {},
                .has_client_credential = context.is_authorized(),
                .context = context.shared_from_this()};
  if (context.fetch) {
    errand.outgoing = outgoing_request(context, true, context.fetch.validators());
    return std::make_shared<ReadJob>(context.worker, std::move(errand), std::move(context.fetch),
                                     std::move(context.revalidated));
  }
  errand.outgoing = outgoing_request(context, false, {});
  if (context.policy().changes_nothing) return std::make_shared<PassJob>(context.worker, std::move(errand));
  return std::make_shared<WriteJob>(context.worker, std::move(errand), changed_by(context));
}

}  // namespace

Progress forward(RequestContext& context) {
  job_for(context)->start();
  return Progress::waiting;
}

}  // namespace pgw::pipeline
