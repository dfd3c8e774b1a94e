// The kinds of feedback that a project's logs can be given, and the labels of those that are a choice. All throw
// Refusal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/store.h"

namespace pgw::sandbox {

struct FeedbackLabel {
  std::string value;
  std::optional<std::string> sentiment;  ///< absent: "unset" for a new label, as it was for a known one
};

struct FeedbackType {
  std::string type;
  std::optional<std::string>
      feedback_class;  ///< select, multi_select, text or number; absent: told by whether it has values
  std::optional<std::vector<FeedbackLabel>> values;
};

/// rating (good, bad), action, issue, correction and comment.
void add_default_feedback_types(Session& session, const std::string& project_id);

/// FeedbackTypes, in the order in which they were made. A type that isn't a choice has no `values`.
Json list_feedback_types(Session& session, const std::string& project_id);

/// FeedbackTypeModel of the new type. 400 if the project has the type, or if labels are given for text or numbers.
Json create_feedback_type(Session& session, const std::string& project_id, const FeedbackType& type);

/// FeedbackTypes after the changes: types and labels that the project doesn't have are made, the others take the class
/// and the sentiment given. Nothing is removed. 400 as above.
Json update_feedback_types(Session& session, const std::string& project_id, const std::vector<FeedbackType>& types);

}  // namespace pgw::sandbox
