#include "gateway/pipeline/phases.h"

#include <array>

#include "gateway/pipeline/upstream_job.h"

namespace pgw::pipeline {
namespace {

constexpr std::array life_of_a_request{
    Phase{"identify", Moment::head, &identify,
          "first, so that a revoked key gets no hit and an unknown caller learns nothing about routes"},
    Phase{"limit-all", Moment::head, &limit_all,
          "where each request is charged: right behind its key, so that refused ones are charged, too"},
    Phase{"admit", Moment::head, &admit, "before anything is done for it: who has enough under way waits outside"},
    Phase{"route", Moment::head, &route, "the operation decides about all that follows"},
    Phase{"authorize", Moment::head, &authorize, "before the body is read: who may not call costs no memory"},
    Phase{"validate", Moment::request, &validate,
          "before the cache, so that an invalid request never gets a key there"},
    Phase{"cache", Moment::request, &consult_cache, "whatever memory can answer goes no further"},
    Phase{"limit-upstream", Moment::request, &limit_upstream,
          "the usual charge: after the cache, since only it knows what goes upstream"},
    Phase{"upstream", Moment::request, &forward, "last: everything before it stays in the building"},
};

constexpr std::array life_of_a_response{
    ResponsePhase{
        "judge", ResponseMoment::head, &UpstreamJob::judge,
        "first: what the status says of the upstream, or of the gateway's credential, holds for every kind of job"},
    ResponsePhase{"learn", ResponseMoment::head, &UpstreamJob::learn,
                  "what else a write changed: while references still name the upstream's own paths"},
    ResponsePhase{"take-over", ResponseMoment::head, &UpstreamJob::take_over_fields,
                  "before anything stores or relays the fields: both see the same"},
    ResponsePhase{"claim", ResponseMoment::head, &UpstreamJob::claim,
                  "the cache lets go of what it won't keep, so that nobody waits for it; what nobody wants ends here"},
    ResponsePhase{"negotiate", ResponseMoment::head, &UpstreamJob::negotiate,
                  "by the fields as they came: which coding the client gets, should the response not be kept"},
    ResponsePhase{"deliver", ResponseMoment::head, &UpstreamJob::deliver,
                  "the last of the head: who still wants the body decides whether it is collected or flows on"},
    ResponsePhase{"keep-promise", ResponseMoment::end, &UpstreamJob::keep_promise,
                  "before the first byte of a write's answer goes out, even of a refusal"},
    ResponsePhase{"check", ResponseMoment::end, &UpstreamJob::check,
                  "before the cache: what breaks the contract is not stored where that is enforced"},
    ResponsePhase{"store", ResponseMoment::end, &UpstreamJob::store,
                  "before the answer, which comes from what was stored"},
    ResponsePhase{"answer", ResponseMoment::end, &UpstreamJob::answer, "last: nothing can take it back"},
};

}  // namespace

std::span<const ResponsePhase> response_phases() {
  return life_of_a_response;
}

std::span<const Phase> phases() {
  return life_of_a_request;
}

Progress run_phases(Moment moment, RequestContext& context) {
  for (const Phase& phase : life_of_a_request) {
    if (phase.moment != moment) continue;
    const Progress progress = phase.run(context);
    if (progress != Progress::next) return progress;
  }
  return Progress::next;
}

void run_phases_from(Progress (*first)(RequestContext&), RequestContext& context) {
  bool reached = false;
  for (const Phase& phase : life_of_a_request) {
    reached = reached || phase.run == first;
    if (reached && phase.run(context) != Progress::next) return;
  }
}

}  // namespace pgw::pipeline
