#include "contract/multipart_rules.h"

#include <algorithm>

namespace pgw::contract {

const PartRule& MultipartRules::rule_of(std::string_view name) const {
  if (const auto found = encoded.find(name); found != encoded.end()) return found->second;
  const auto found = parts->declared.find(name);
  return found == parts->declared.end() ? parts->others : found->second;
}

bool permits(const PartRule& rule, std::string_view media_type) {
  const auto is_it = [media_type](std::string_view permitted) {
    if (permitted == "*/*" || permitted == media_type) return true;
    return permitted.ends_with("/*") && media_type.starts_with(permitted.substr(0, permitted.size() - 1));
  };
  return rule.media_types.empty() || std::ranges::any_of(rule.media_types, is_it);
}

bool is_json_type(std::string_view media_type) {
  return media_type == "application/json" || media_type.ends_with("+json");
}

}  // namespace pgw::contract
