// What a new database holds. Every identifier and every time is fixed, so that documentation and tests can name them.
//
//   pr_support   "Customer support assistant"   3 configs, 12 logs with feedback and evaluation results, 2 datasets,
//                                               3 evaluations; config_support_3 active in production, _2 in staging
//   pr_sales     "Sales email writer"           2 configs, 3 logs, 1 dataset, 1 evaluation; config_sales_2 in
//   production pr_release   "Release notes summariser"     1 config, nothing deployed
//
// and once for all: environments env_production (default) and env_staging, directories dir_root and dir_marketing,
// evaluators evfn_exact_match (python), evfn_politeness (llm) and evfn_reviewer (human), users usr_ada, usr_grace and
// usr_linus.
#pragma once

#include "sandbox/store.h"

namespace pgw::sandbox {

/// Team, users, directories, environments and evaluators, where they are missing.
void seed_organization(Session& session);

/// The projects above with all that is theirs; nothing if the database has a project.
void seed_examples(Session& session);

}  // namespace pgw::sandbox
