// Feedback types as they stand in request bodies. The API describes the body of Projects_createFeedbackType but not
// that of Projects_updateFeedbackTypes (a bare array), so that one is checked here.
#pragma once

#include <vector>

#include "sandbox/feedback_types.h"
#include "sandbox/store.h"

namespace pgw::sandbox {

/// From a body that is known to be right.
FeedbackType read_feedback_type(const Json& body);

/// From a body that nobody has checked; null means no body, which changes nothing. Throws InvalidBody.
std::vector<FeedbackType> check_feedback_types(const Json& body);

}  // namespace pgw::sandbox
