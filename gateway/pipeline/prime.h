// Writes whose response is what a read would be answered: the rule's `primes` says so, or the origin itself.
#pragma once

#include "cache/cache.h"
#include "gateway/pipeline/request_context.h"

namespace pgw::pipeline {

/// Whether it can be one: by its rule, or, without any, a 200 to POST with a lifetime of its own whose Content-Location
/// is the request's own target (RFC 9110 section 9.3.3): the origin says that it is what a GET of the same gets.
bool may_prime(const RequestContext& context, int status, cache::HeaderSpan headers);

/// Ends the write, if `may_prime`. If its response is a whole JSON document that the primed read could have been
/// answered with, by the contract and by the rules of caching, or is what the origin says of itself, it is stored as
/// that answer; the outcome says whether. `sent`: when the write was.
void finish_and_prime(RequestContext& context, cache::WriteGuard& guard, cache::Response response,
                      cache::TimePoint sent);

}  // namespace pgw::pipeline
