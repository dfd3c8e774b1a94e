#include "contract/schema.h"

#include <algorithm>
#include <set>

#include "contract/schema_node.h"

namespace pgw::contract {

const SchemaNode::Property* SchemaNode::find_property(std::string_view name) const {
  if (index_ == nullptr) return nullptr;
  const auto found = index_->find(name);
  return found == index_->end() ? nullptr : &properties[found->second];
}

namespace {

/// Whether a schema, or any of those that hold with it, says this type, or leaves it to alternatives that all say so.
/// An alternative that takes null alone says nothing of other values.
bool says_type(const SchemaNode& unresolved, JsonType wanted, std::set<const SchemaNode*>& seen) {
  const SchemaNode& schema = unresolved.resolved();
  if (!seen.insert(&schema).second) return false;
  const auto says = [&](const SchemaNode* part) { return says_type(*part, wanted, seen); };
  const auto all_say = [&](const std::vector<const SchemaNode*>& branches) {
    const auto is_null = [](const SchemaNode* branch) { return branch->resolved().is_only_null(); };
    return !std::ranges::all_of(branches, is_null) &&
           std::ranges::all_of(branches, [&](const SchemaNode* branch) { return is_null(branch) || says(branch); });
  };
  return schema.type() == wanted || std::ranges::any_of(schema.all_of, says) || all_say(schema.any_of) ||
         all_say(schema.one_of);
}

}  // namespace

bool SchemaNode::may_be(JsonType wanted) const {
  return resolved().mentioned.contains(wanted);
}

bool SchemaNode::is_always(JsonType wanted) const {
  std::set<const SchemaNode*> seen;
  return says_type(*this, wanted, seen);
}

void Schema::validate(const nlohmann::json& value, const std::vector<LocPart>& prefix, std::vector<Violation>& out,
                      const Reading& reading) const {
  std::vector<Trail> trails;
  trails.reserve(prefix.size());
  for (const auto& part : prefix) {
    const Trail* parent = trails.empty() ? nullptr : &trails.back();
    const auto* name = std::get_if<std::string>(&part);
    trails.push_back(name != nullptr ? Trail{parent, *name} : Trail{parent, {}, std::get<std::int64_t>(part)});
  }
  check_value(*root_, JsonTape::of(value).root(), trails.empty() ? nullptr : &trails.back(), reading, out);
}

}  // namespace pgw::contract
