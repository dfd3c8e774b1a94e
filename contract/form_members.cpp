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
    if (schema.discriminator == nullptr) continue;
    for (const auto& [value, branch] : schema.discriminator->by_value) open.push_back(&branch.schema->resolved());
  }
}

bool may_be_structured(const SchemaNode& schema) {
  return schema.may_be(JsonType::array) || schema.may_be(JsonType::object);
}

bool says_plain(const SchemaNode& schema) {
  const auto plain = {JsonType::string, JsonType::integer, JsonType::number, JsonType::boolean};
  return std::ranges::any_of(plain, [&](JsonType type) { return schema.may_be(type); });
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

PartRule both(const PartRule& a, const PartRule& b) {
  if (a.kind != b.kind || a.is_list != b.is_list) return {};
  PartRule rule = a;
  const auto narrower = [](auto& mine, const auto& other, bool wants_less) {
    if (other && (!mine || (*other < *mine) == wants_less)) mine = other;
  };
  narrower(rule.most_bytes, b.most_bytes, true);
  narrower(rule.fewest_bytes, b.fewest_bytes, false);
  return rule;
}

template <typename Rule>
void add(std::map<std::string, Rule, std::less<>>& rules, const std::string& name, const Rule& rule) {
  const auto [known, is_new] = rules.try_emplace(name, rule);
  if (!is_new) known->second = both(known->second, rule);
}

/// The answer that `answers` holds for the schema, which `ask` gives first.
template <typename Answers, typename Ask>
auto asked_once(Answers& answers, const SchemaNode& unresolved, const Ask& ask) {
  const SchemaNode& schema = unresolved.resolved();
  if (const auto known = answers.find(&schema); known != answers.end()) return known->second;
  return answers.emplace(&schema, ask(schema)).first->second;
}

}  // namespace

Spelling FormMembers::spelling_of(std::string_view name) const {
  const auto found = declared.find(name);
  return found == declared.end() ? others : found->second;
}

const FormEncoding* FormRules::encoding_of(std::string_view name) const {
  const auto found = encodings.find(name);
  return found == encodings.end() ? nullptr : &found->second;
}

std::string_view FormRules::member_of(std::string_view field) const {
  if (encodings.empty() || !field.ends_with(']')) return field;
  const auto name = field.substr(0, field.find('['));
  const FormEncoding* const encoding = encoding_of(name);
  return encoding != nullptr && encoding->kind == FormEncoding::Kind::deep_object ? name : field;
}

const SchemaNode* member_schema(const SchemaNode& object, std::string_view name) {
  const SchemaNode* schema = nullptr;
  visit_parts(object, [&](const SchemaNode& part) {
    const auto* const property = schema == nullptr ? part.find_property(name) : nullptr;
    if (property != nullptr) schema = property->schema;
  });
  return schema;
}

Spelling Spellings::of(const SchemaNode& schema) {
  return asked_once(spellings_, schema, [this](const SchemaNode& node) { return read_spelling(node); });
}

Spelling Spellings::read_spelling(const SchemaNode& schema) {
  if (schema.may_be(JsonType::object)) return Spelling::unread;
  if (schema.may_be(JsonType::array)) {
    return schema.is_always(JsonType::array) && holds_texts(schema) ? Spelling::list : Spelling::unread;
  }
  return says_plain(schema) ? Spelling::text : Spelling::unsaid;
}

bool Spellings::is_always_object(const SchemaNode& schema) {
  return asked_once(objects_, schema, [](const SchemaNode& node) { return node.is_always(JsonType::object); });
}

std::shared_ptr<const FormMembers> Spellings::members_of(const SchemaNode& schema) {
  return asked_once(members_, schema, [this](const SchemaNode& node) -> std::shared_ptr<const FormMembers> {
    FormMembers members;
    visit_parts(node, [&](const SchemaNode& part) {
      members.counts_others = members.counts_others || part.additional != nullptr || part.min_properties;
      if (part.additional != nullptr) members.others = both(members.others, of(*part.additional));
      for (const auto& property : part.properties) {
        add(members.declared, property.name, property.schema == nullptr ? Spelling::unsaid : of(*property.schema));
      }
    });
    return std::make_shared<const FormMembers>(std::move(members));
  });
}

PartRule Spellings::part_rule_of(const SchemaNode& schema) {
  return asked_once(part_rules_, schema, [this](const SchemaNode& node) { return read_part_rule(node); });
}

PartRule Spellings::read_part_rule(const SchemaNode& schema) {
  if (schema.may_be(JsonType::object)) {
    return {.kind = is_always_object(schema) ? PartRule::Kind::json : PartRule::Kind::unread};
  }
  if (schema.may_be(JsonType::array)) {
    if (!schema.is_always(JsonType::array)) return {};
    std::optional<PartRule> rule;
    visit_parts(schema, [&](const SchemaNode& part) {
      if (part.items == nullptr) return;
      // An item that is a list itself has no way to be written.
      const PartRule item = part.items->may_be(JsonType::array) ? PartRule{} : part_rule_of(*part.items);
      rule = rule ? both(*rule, item) : item;
    });
    PartRule list = rule.value_or(PartRule{});
    list.is_list = true;
    return list;
  }
  bool is_binary = false;
  bool has_alternatives = false;
  PartRule file{.kind = PartRule::Kind::file};
  visit_parts(schema, [&](const SchemaNode& part) {
    is_binary = is_binary || part.is_binary;
    has_alternatives = has_alternatives || !part.any_of.empty() || !part.one_of.empty();
    file = both(file, {.kind = PartRule::Kind::file, .fewest_bytes = part.min_length, .most_bytes = part.max_length});
  });
  if (!is_binary) return {.kind = says_plain(schema) ? PartRule::Kind::text : PartRule::Kind::unread};
  return has_alternatives ? PartRule{.kind = PartRule::Kind::file} : file;
}

std::shared_ptr<const PartRules> Spellings::parts_of(const SchemaNode& schema) {
  return asked_once(parts_, schema, [this](const SchemaNode& node) -> std::shared_ptr<const PartRules> {
    PartRules rules;
    std::optional<PartRule> others;
    visit_parts(node, [&](const SchemaNode& part) {
      if (part.additional != nullptr) {
        const PartRule rule = part_rule_of(*part.additional);
        others = others ? both(*others, rule) : rule;
      }
      for (const auto& property : part.properties) {
        if (property.schema != nullptr) add(rules.declared, property.name, part_rule_of(*property.schema));
      }
    });
    rules.others = others.value_or(PartRule{});
    return std::make_shared<const PartRules>(std::move(rules));
  });
}

void Spellings::forget() {
  *this = {};
}

}  // namespace pgw::contract
