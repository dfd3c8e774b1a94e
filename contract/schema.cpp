#include "contract/schema.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "contract/schema_node.h"

namespace pgw::contract {

const SchemaNode::Property* SchemaNode::find_property(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &properties[found->second];
}

namespace {

/// Whether a schema, or any of those that hold with it, says this type, or leaves it to alternatives of which
/// `quantifier` say so. An alternative that takes null alone says nothing of other values.
template <typename Quantifier>
bool says_type(const SchemaNode& unresolved, JsonType wanted, Quantifier quantifier,
               std::set<const SchemaNode*>& seen) {
  const SchemaNode& schema = unresolved.resolved();
  if (!seen.insert(&schema).second) return false;
  const auto says = [&](const SchemaNode* part) { return says_type(*part, wanted, quantifier, seen); };
  const auto some_say = [&](const std::vector<const SchemaNode*>& branches) {
    std::vector<const SchemaNode*> others;
    std::ranges::copy_if(branches, std::back_inserter(others),
                         [](const SchemaNode* branch) { return !branch->resolved().is_only_null(); });
    return !others.empty() && quantifier(others, says);
  };
  const bool says_itself = quantifier.needs_all ? schema.type() == wanted : schema.types.contains(wanted);
  return says_itself || std::ranges::any_of(schema.all_of, says) || some_say(schema.any_of) || some_say(schema.one_of);
}

struct Any {
  static constexpr bool needs_all = false;
  bool operator()(const auto& list, const auto& says) const { return std::ranges::any_of(list, says); }
};

struct All {
  static constexpr bool needs_all = true;
  bool operator()(const auto& list, const auto& says) const { return std::ranges::all_of(list, says); }
};

}  // namespace

bool SchemaNode::may_be(JsonType wanted) const {
  std::set<const SchemaNode*> seen;
  return says_type(*this, wanted, Any{}, seen);
}

bool SchemaNode::is_always(JsonType wanted) const {
  std::set<const SchemaNode*> seen;
  return says_type(*this, wanted, All{}, seen);
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
