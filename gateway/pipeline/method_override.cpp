#include "gateway/pipeline/method_override.h"

#include <algorithm>
#include <array>

#include "base/percent.h"
#include "base/text.h"

namespace pgw::pipeline {
namespace {

constexpr std::string_view override_parameter = "_method";

/// How a part's head may name it.
constexpr std::array<std::string_view, 3> override_parts = {"name=\"_method", "name='_method", "name=_method"};
constexpr std::size_t longest_part = override_parts[0].size();

/// `_method`, also as a member of something: `_method[]`.
bool is_override(std::string_view pair) {
  const std::string name = base::form_decoded(pair.substr(0, pair.find('=')));
  const auto member = std::string_view(name).substr(0, name.find('['));
  return base::iequals(base::trim(member), override_parameter);
}

std::optional<std::string> without_override_pairs(std::string_view pairs) {
  std::string kept;
  bool has_any = false;
  while (!pairs.empty()) {
    const auto pair = pairs.substr(0, pairs.find('&'));
    pairs.remove_prefix(std::min(pair.size() + 1, pairs.size()));
    if (is_override(pair)) {
      has_any = true;
      continue;
    }
    if (!kept.empty()) kept += '&';
    kept += pair;
  }
  return has_any ? std::optional(std::move(kept)) : std::nullopt;
}

std::string name_of_type(std::string_view content_type) {
  return base::to_lower(base::trim(content_type.substr(0, content_type.find(';'))));
}

bool has_override_part(std::string_view text) {
  return std::ranges::any_of(override_parts,
                             [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

}  // namespace

std::optional<std::string> without_method_override(std::string_view query, const contract::Operation& operation) {
  // Without one of its letters, as it is or encoded, no name can be it.
  const bool may_be_there = query.find_first_of("%_") != std::string_view::npos;
  if (!may_be_there || operation.declares_query(override_parameter)) return std::nullopt;
  return without_override_pairs(query);
}

FormWithoutOverride without_method_override(std::string_view content_type, std::string_view body,
                                            const contract::Operation& operation) {
  if (body.empty() || operation.declares_form_member(override_parameter)) return {};
  if (name_of_type(content_type) == "application/x-www-form-urlencoded") return {without_override_pairs(body), false};
  return {{}, MultipartOverride(content_type, operation).is_in(body)};
}

MultipartOverride::MultipartOverride(std::string_view content_type, const contract::Operation& operation)
    : is_looked_for_(name_of_type(content_type) == "multipart/form-data" &&
                     !operation.declares_form_member(override_parameter)) {}

bool MultipartOverride::is_in(std::string_view piece) {
  if (!is_looked_for_) return false;
  seam_ += piece.substr(0, longest_part);
  if (has_override_part(seam_) || has_override_part(piece)) return true;
  if (piece.size() > longest_part) seam_ = piece.substr(piece.size() - longest_part);
  if (seam_.size() > longest_part) seam_.erase(0, seam_.size() - longest_part);
  return false;
}

}  // namespace pgw::pipeline
