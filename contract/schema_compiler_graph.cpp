// Which schemas speak of one value together, and what follows: no loops, a bounded depth, and where verdicts are kept.
//
// A schema leads to others for the same value (allOf, anyOf, not, a reference, ...: "in place") and to others for parts
// of it (properties, items, ...: "below"). In place there are no loops, or a value would be checked for ever; below
// there may be, since each step uses up a level of the value.
//
// The cost of a check is linear in the value if each pair of schema and value is checked a bounded number of times.
// Only two things multiply pairs: a schema that several ways lead to for one value, and a schema that is tried before
// what is wrong with it is told. Those keep their verdicts (`is_remembered`); all others do without the price of it.
#include <unordered_map>
#include <unordered_set>

#include "contract/schema_compiler.h"

namespace pgw::contract {
namespace {

/// Nested deeper, each level of a value would take too much of a thread's stack.
constexpr std::size_t most_in_place = 64;

void cut_in_place(SchemaNode& node) {
  node.alias = nullptr;
  for (auto* list : {&node.all_of, &node.any_of, &node.one_of}) list->clear();
  node.negated = nullptr;
  node.discriminator.reset();
  if (node.rare == nullptr) return;
  node.rare->condition.reset();
  node.rare->dependencies.clear();
}

/// Once the schemas for the same value have theirs.
void note_types(SchemaNode& node) {
  node.mentioned = node.types;
  if (node.types.is_empty() && node.enumeration) {
    for (const auto& value : *node.enumeration) {
      if (value.is_number()) node.mentioned.add(JsonType::number);
      if (value.is_boolean()) node.mentioned.add(JsonType::boolean);
      if (value.is_string()) node.mentioned.add(JsonType::string);
    }
  }
  if (node.alias != nullptr) node.mentioned.add(node.alias->mentioned);
  for (const auto* list : {&node.all_of, &node.any_of, &node.one_of}) {
    for (const auto* part : *list) node.mentioned.add(part->mentioned);
  }
}

bool is_leaf(const SchemaNode& node) {
  bool leads_on = false;
  const auto note = [&](const SchemaNode&) { leads_on = true; };
  node.for_each_in_place(note);
  node.for_each_below(note);
  return !leads_on;
}

/// Most schemas of most documents are nothing but the name of a type: their values need no walk through all keywords.
void note_what_is_taken_at_once(SchemaNode& node) {
  const bool says_more = !is_leaf(node) || node.rare != nullptr || node.takes_nothing || !node.undecided.is_empty() ||
                         node.enumeration || node.min_length || node.max_length || node.pattern != nullptr ||
                         node.format || node.numbers != nullptr;
  if (says_more) return;
  if (node.type() == JsonType::string) node.taken_at_once = JsonValue::Kind::string;
  if (node.type() == JsonType::boolean) node.taken_at_once = JsonValue::Kind::boolean;
  if (node.type() == JsonType::integer) node.taken_at_once = JsonValue::Kind::integer;
  if (node.type() == JsonType::number) node.taken_at_once = JsonValue::Kind::decimal;
}

/// Whether it leads a value, or a part of it, on more than one way.
bool is_fork(const SchemaNode& node) {
  bool leads_in_place = false;
  node.for_each_in_place([&](const SchemaNode&) { leads_in_place = true; });
  return leads_in_place || node.rare != nullptr;
}

/// Calls `visit` with each schema that is tried before it is known whether the value must fit it.
template <typename Visit>
void for_each_tried(const SchemaNode& node, const Visit& visit) {
  for (const auto* list : {&node.any_of, &node.one_of}) {
    for (const auto* branch : *list) visit(*branch);
  }
  if (node.negated != nullptr) visit(*node.negated);
  if (node.rare == nullptr) return;
  for (const auto& dependency : node.rare->dependencies) {
    if (dependency.schema != nullptr) visit(*dependency.schema);
  }
  if (node.rare->contains != nullptr) visit(*node.rare->contains);
  if (!node.rare->condition) return;
  visit(*node.rare->condition->test);
  for (const auto* result : {node.rare->condition->then, node.rare->condition->otherwise}) {
    if (result != nullptr) visit(*result);
  }
}

}  // namespace

void SchemaCompiler::settle_new_nodes() {
  for (std::size_t i = settled_; i < entries_.size(); ++i) shorten_alias(entries_[i]);
  for (std::size_t i = settled_; i < entries_.size(); ++i) measure(entries_[i]);
  settled_ = entries_.size();
}

/// So that however long a chain of aliases is, a value's check takes one step.
void SchemaCompiler::shorten_alias(Entry& entry) {
  std::vector<SchemaNode*> chain;
  std::unordered_set<const SchemaNode*> seen;
  SchemaNode* last = entry.node;
  while (last->alias != nullptr) {
    if (!seen.insert(last).second) {
      refuse_loop(entry_of(*last));
      break;
    }
    chain.push_back(last);
    last = entry_of(*last->alias).node;
  }
  for (auto* node : chain) {
    if (node != last) node->alias = last;
  }
}

/// Walks in place from `first`, with a stack of its own.
void SchemaCompiler::measure(Entry& first) {
  struct Step {
    std::size_t entry;
    std::vector<std::size_t> next;
  };
  std::vector<Step> steps;
  // An alias stands for another schema, and takes no step of a check.
  const auto add_depth = [](Entry& entry, const Entry& part) {
    entry.depth = std::max(entry.depth, part.depth + (entry.node->alias == nullptr ? 1U : 0U));
  };
  const auto enter = [&](std::size_t at) {
    entries_[at].visit = Visit::open;
    Step step{at, {}};
    entries_[at].node->for_each_in_place([&](const SchemaNode& part) { step.next.push_back(part.number); });
    steps.push_back(std::move(step));
  };
  if (first.visit == Visit::unseen) enter(first.node->number);
  while (!steps.empty()) {
    const std::size_t at = steps.back().entry;
    if (!steps.back().next.empty()) {
      const std::size_t next = steps.back().next.back();
      steps.back().next.pop_back();
      if (entries_[next].visit == Visit::unseen) {
        enter(next);
      } else if (entries_[next].visit == Visit::open) {
        refuse_loop(entries_[next]);
        cut_in_place(*entries_[at].node);
        steps.back().next.clear();
      } else {
        add_depth(entries_[at], entries_[next]);
      }
      continue;
    }
    Entry& done = entries_[at];
    done.visit = Visit::done;
    note_types(*done.node);
    steps.pop_back();
    if (done.depth > most_in_place) refuse_depth(done);
    if (!steps.empty()) add_depth(entries_[steps.back().entry], done);
  }
}

void SchemaCompiler::refuse_loop(Entry& entry) {
  // A bare $ref is told in its own words.
  bool is_of_references = entry.node->alias != nullptr;
  const SchemaNode* node = entry.node->alias;
  for (std::size_t steps = 0; is_of_references && steps <= entries_.size(); ++steps) {
    const Entry& link = entry_of(*node);
    is_of_references = link.schema->contains("$ref");
    if (link.node == entry.node) break;
    node = node->alias;
    is_of_references = is_of_references && node != nullptr;
  }
  error_at(entry.place, is_of_references ? "this $ref only leads back to itself"
                                         : "this schema contains itself without a property or item in between");
  cut_in_place(*entry.node);
}

void SchemaCompiler::refuse_depth(Entry& entry) {
  error_at(entry.place, "more than " + std::to_string(most_in_place) +
                            " schemas stand within each other here without a property or item in between");
  cut_in_place(*entry.node);
  entry.depth = 0;
}

void SchemaCompiler::finish() {
  settle_new_nodes();
  for (auto& node : *nodes_) note_what_is_taken_at_once(node);
  remember_what_may_be_met_again();
}

void SchemaCompiler::remember_what_may_be_met_again() {
  std::unordered_map<const SchemaNode*, std::size_t> ways;  // from how many places a schema is led to
  std::unordered_set<const SchemaNode*> below_fork;
  std::vector<const SchemaNode*> open;
  for (const auto& entry : entries_) {
    const SchemaNode& node = *entry.node;
    if (node.alias != nullptr) continue;
    const bool forks = is_fork(node);
    const auto note = [&](const SchemaNode& unresolved) {
      const SchemaNode& to = unresolved.resolved();
      ++ways[&to];
      if (forks && below_fork.insert(&to).second) open.push_back(&to);
    };
    node.for_each_in_place(note);
    node.for_each_below(note);
  }
  while (!open.empty()) {
    const SchemaNode& node = *open.back();
    open.pop_back();
    const auto note = [&](const SchemaNode& unresolved) {
      const SchemaNode& to = unresolved.resolved();
      if (below_fork.insert(&to).second) open.push_back(&to);
    };
    node.for_each_in_place(note);
    node.for_each_below(note);
  }
  const auto remember = [&](const SchemaNode& unresolved) {
    const SchemaNode& node = unresolved.resolved();
    if (!is_leaf(node)) entry_of(node).node->is_remembered = true;
  };
  for (const auto* node : below_fork) {
    if (ways[node] > 1) remember(*node);
  }
  for (const auto& entry : entries_) for_each_tried(*entry.node, remember);
}

}  // namespace pgw::contract
