// A request as it goes upstream.
#pragma once

#include <span>

#include "cache/header.h"
#include "gateway/pipeline/request_context.h"
#include "gateway/upstream/client.h"

namespace pgw::pipeline {

/// Method, canonical path, query as received, the fields that the operation's `FieldPolicy` lets pass, and those by
/// which the gateway tells who asks. `validators`: those of a stored entry; with `for_cache` the client's own
/// conditions stay behind.
upstream::OutgoingRequest outgoing_request(const RequestContext& context, bool for_cache,
                                           std::span<const cache::Header> validators);

/// Whose turn it is when requests wait for the upstream: the team's, or with open access the client address's.
std::size_t queue_of(const RequestContext& context);

/// How long the upstream has for this operation.
std::chrono::milliseconds upstream_timeout(const Runtime& runtime, const contract::Operation& operation);

}  // namespace pgw::pipeline
