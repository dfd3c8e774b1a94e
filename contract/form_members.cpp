#include "contract/form_members.h"

#include <algorithm>
#include <set>
#include <vector>

#include "contract/schema_node.h"

namespace pgw::contract {
namespace {

/// Visits every schema that speaks of the same value: this one, its parts and its alternatives. No recursion: a
/// document's chains are as long as it likes.
template <typename Visit>
void visit_parts(const SchemaNode& first, const Visit& visit) {
  std::set<const SchemaNode*> seen;
  std::vector<const SchemaNode*> open{&first.resolved()};
  while (!open.empty()) {
    const SchemaNode& schema = *open.back();
    open.pop_back();
    if (!seen.insert(&schema).second) continue;
    visit(schema);
    for (const auto* list : {&schema.all_of, &schema.any_of, &schema.one_of}) {
      for (const auto* part : *list) open.push_back(&part->resolved());
    }
    if (!schema.discriminator) continue;
    for (const auto& [value, branch] : schema.discriminator->by_value) open.push_back(&branch.schema->resolved());
  }
}

bool may_be_structured(const SchemaNode& schema) {
  return schema.may_be(JsonType::array) || schema.may_be(JsonType::object);
}

bool holds_texts(const SchemaNode& list) {
  bool holds_others = false;
  visit_parts(list, [&](const SchemaNode& part) {
    holds_others = holds_others || (part.items != nullptr && may_be_structured(*part.items));
  });
  return !holds_others;
}

/// Of what several schemas say of one member.
Spelling both(Spelling a, Spelling b) {
  const bool agree = a == b || std::min(a, b) == Spelling::unsaid;
  return agree ? std::max(a, b) : Spelling::unread;
}

}  // namespace

Spelling spelling_of(const SchemaNode& schema) {
  if (schema.may_be(JsonType::object)) return Spelling::unread;
  if (schema.may_be(JsonType::array)) {
    return schema.is_always(JsonType::array) && holds_texts(schema) ? Spelling::list : Spelling::unread;
  }
  const auto plain = {JsonType::string, JsonType::integer, JsonType::number, JsonType::boolean};
  const bool says_plain = std::ranges::any_of(plain, [&](JsonType type) { return schema.may_be(type); });
  return says_plain ? Spelling::text : Spelling::unsaid;
}

Spelling FormMembers::spelling_of(std::string_view name) const {
  const auto found = declared.find(name);
  return found == declared.end() ? others : found->second;
}

FormMembers form_members_of(const SchemaNode& schema) {
  FormMembers members;
  visit_parts(schema, [&](const SchemaNode& part) {
    members.counts_others = members.counts_others || part.additional != nullptr || part.min_properties;
    if (part.additional != nullptr) members.others = both(members.others, spelling_of(*part.additional));
    for (const auto& property : part.properties) {
      auto& spelling = members.declared.try_emplace(property.name, Spelling::unsaid).first->second;
      if (property.schema != nullptr) spelling = both(spelling, spelling_of(*property.schema));
    }
  });
  return members;
}

}  // namespace pgw::contract
