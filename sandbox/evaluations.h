// Evaluations: a config judged on a dataset by evaluators. All throw Refusal.
//
// A new evaluation stays `pending`: what would run the model and the evaluators is no part of the Projects API.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/configs.h"
#include "sandbox/store.h"

namespace pgw::sandbox {

struct NewEvaluation {
  std::string config_id;
  std::string dataset_id;
  std::vector<std::string> evaluator_ids;
  std::optional<std::string> name;
};

/// []EvaluationResponse, the newest first; those of one config if `evaluatee_id` is set.
Json list_evaluations(Session& session, const std::string& project_id, const std::optional<std::string>& evaluatee_id,
                      Aggregates aggregates);

/// EvaluationResponse of the new, pending evaluation. 404 unless config and dataset are the project's and the
/// evaluators exist.
Json create_evaluation(Session& session, const std::string& project_id, const NewEvaluation& evaluation);

/// []ModelConfigEvaluatorAggregateResponse: the mean that each evaluator gave the config over its completed
/// evaluations.
Json config_aggregates(Session& session, const std::string& config_id);

}  // namespace pgw::sandbox
