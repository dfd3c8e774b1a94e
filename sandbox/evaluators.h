// Evaluators: the organization's judges of configs. All throw Refusal.
#pragma once

#include <string>

#include "sandbox/store.h"

namespace pgw::sandbox {

/// EvaluatorResponse; 404 if there is none.
Json get_evaluator(Session& session, const std::string& id);

/// []EvaluatorResponse: those that judge every log of the project.
Json active_evaluators(Session& session, const std::string& project_id);

}  // namespace pgw::sandbox
