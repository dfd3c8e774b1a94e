#include "gateway/pipeline/phases.h"

#include <array>

namespace pgw::pipeline {
namespace {

constexpr std::array life_of_a_request{
    Phase{"identify", Moment::head, &identify,
          "first, so that a revoked key gets no hit and an unknown caller learns nothing about routes"},
    Phase{"route", Moment::head, &route, "the operation decides about all that follows"},
    Phase{"authorize", Moment::head, &authorize, "before the body is read: who may not call costs no memory"},
    Phase{"validate", Moment::request, &validate,
          "before the cache, so that an invalid request never gets a key there"},
    Phase{"limit-all", Moment::request, &limit_all, "where each request is charged: before anything is done for it"},
    Phase{"cache", Moment::request, &consult_cache, "whatever memory can answer goes no further"},
    Phase{"limit-upstream", Moment::request, &limit_upstream,
          "the usual charge: after the cache, since only it knows what goes upstream"},
    Phase{"upstream", Moment::request, &forward, "last: everything before it stays in the building"},
};

}  // namespace

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
