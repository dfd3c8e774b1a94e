// Writes whose response is what a read would be answered: the rule's `primes`.
#pragma once

#include "cache/cache.h"
#include "gateway/pipeline/request_context.h"

namespace pgw::pipeline {

/// Ends the write. If its response is a whole JSON document that the primed read could have been answered with, by the
/// contract and by the rules of caching, it is stored as that answer; the outcome says whether. `sent`: when the write
/// was.
void finish_and_prime(RequestContext& context, cache::WriteGuard& guard, cache::Response response,
                      cache::TimePoint sent);

}  // namespace pgw::pipeline
