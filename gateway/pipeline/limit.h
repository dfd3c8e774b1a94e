// What the rate of a key is charged for beside the requests themselves.
#pragma once

#include "gateway/pipeline/request_context.h"

namespace pgw::pipeline {

/// Charges the caller's key for a refresh in the background, which goes upstream on its account. False: its rate is
/// used up, so the stale response has to do for now.
bool charge_refresh(const RequestContext& context);

}  // namespace pgw::pipeline
