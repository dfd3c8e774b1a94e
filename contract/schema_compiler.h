// Schema objects of a document to nodes. Internal to contract/.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "contract/schema_node.h"

namespace pgw::contract {

/// "a list", "null": what a value is, for messages.
std::string_view kind_name(const nlohmann::json& value);

/// Compiles schemas of one document into one set; every schema is compiled once, however often it is referenced.
/// Nothing in here recurses along a chain of schemas: a document may be as deep as it likes.
class SchemaCompiler {
 public:
  using Pointer = nlohmann::json::json_pointer;

  SchemaCompiler(const Document& document, std::vector<Problem>& problems, Coercion coercion);

  /// Never null, and complete with all that it refers to; of no use if an error was reported.
  const SchemaNode* compile(const Pointer& where);

  /// To be called when all is compiled, before a value is checked.
  void finish();

  /// Follows `$ref`s of any object of the document from `where`; reports what can't be followed and returns nullopt.
  std::optional<Pointer> resolve(const Pointer& where);

  std::shared_ptr<const SchemaSet> nodes() const { return nodes_; }

  /// How many schemas are known; and forgets those that came later, as if they had never been compiled. Nothing else
  /// refers to them, since a schema is compiled with all that it refers to.
  std::size_t size() const { return entries_.size(); }
  void forget_since(std::size_t size);

  void error(const Pointer& where, std::string message) { error_at(document_.number_at(where), std::move(message)); }
  void warning(const Pointer& where, std::string message);

 private:
  void error_at(std::uint32_t place, std::string message);

  enum class Visit { unseen, open, done };

  /// A node, where it stands, and what the walk along schemas of one value (schema_compiler_graph.cpp) knows of it.
  struct Entry {
    SchemaNode* node = nullptr;
    const nlohmann::json* schema = nullptr;
    std::uint32_t place = 0;  // Document::number_at
    Visit visit = Visit::unseen;
    std::uint32_t depth = 0;  // how many schemas stand within each other here without a property or item in between
  };

  /// A node that is to be filled in.
  struct Unfilled {
    SchemaNode* node = nullptr;
    const nlohmann::json* schema = nullptr;
    Pointer where;
  };

  /// Where an object's references lead; nowhere: why not.
  struct Resolved {
    std::optional<Pointer> target;
    Problem problem;
  };

  /// The node of a schema, which is filled in once the present one is.
  const SchemaNode* node_at(const Pointer& where);

  void fill(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  bool fill_reference(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  bool fill_alias(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  /// Where a reference leads; reports, at `where`, what leads nowhere.
  std::optional<Pointer> follow(const Pointer& where, const std::string& reference);
  std::optional<Pointer> resolve_anew(const Pointer& where, std::vector<const nlohmann::json*>& links);
  std::optional<Pointer> through_references(const Pointer& target);
  void note_unenforced_keywords(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);

  // schema_compiler_graph.cpp
  Entry& entry_of(const SchemaNode& node) { return entries_[node.number]; }
  void settle_new_nodes();
  void shorten_alias(Entry& entry);
  void measure(Entry& entry);
  void refuse_loop(Entry& entry);
  void refuse_depth(Entry& entry);
  void remember_what_may_be_met_again();

  // schema_compiler_keywords.cpp
  void fill_type(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_type_of_3_1(SchemaNode& node, const Pointer& where, const nlohmann::json& type);
  void fill_enumeration(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void warn_of_values_of_other_types(const SchemaNode& node, const Pointer& where);
  void fill_string(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_format(SchemaNode& node, const Pointer& where, const std::string& name);
  void fill_number(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_array(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_object(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_required(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_additional(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_combinators(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_discriminator(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);

  // schema_compiler_keywords_3_1.cpp
  void fill_array_of_3_1(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_object_of_3_1(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_dependencies(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_condition(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);

  /// Null if the pattern can't be used, which is then named.
  std::shared_ptr<const Pattern> pattern_of(const Pointer& where, const std::string& source);
  std::vector<const SchemaNode*> nodes_of_list(const Pointer& where);
  bool is_object_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<std::size_t> count_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<Number> number_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<std::string> text_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<Bound> bound_at(const Pointer& where, const nlohmann::json& schema, const char* inclusive,
                                const char* exclusive);
  bool flag_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);

  const Document& document_;
  const PatternDialect dialect_;
  const bool is_3_1_;  // OpenAPI 3.1
  std::vector<Problem>& problems_;
  std::set<std::string> warned_;
  std::shared_ptr<SchemaSet> nodes_ = std::make_shared<SchemaSet>();
  std::unordered_map<const nlohmann::json*, SchemaNode*> by_value_;
  std::unordered_map<const nlohmann::json*, std::shared_ptr<const Resolved>>
      resolved_;  // references that were followed
  std::map<std::string, std::shared_ptr<const Pattern>, std::less<>> patterns_;
  std::vector<Entry> entries_;  // by SchemaNode::number
  std::deque<Unfilled> unfilled_;
  std::size_t settled_ = 0;  // how many of `entries_` are
};

}  // namespace pgw::contract
