// Datasets of a project. All throw Refusal.
#pragma once

#include <string>

#include "sandbox/store.h"

namespace pgw::sandbox {

/// DatasetResponse; 404 unless the project has it.
Json get_dataset(Session& session, const std::string& project_id, const std::string& id);

/// The version that an evaluation of the dataset runs on.
std::string dataset_version(Session& session, const std::string& id);

/// []DatasetResponse, the newest first.
Json list_datasets(Session& session, const std::string& project_id);

/// DatasetResponse of a new, empty dataset.
Json create_dataset(Session& session, const std::string& project_id, const std::string& name,
                    const std::string& description);

}  // namespace pgw::sandbox
