// Schema objects of a document to nodes. Internal to contract/.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/schema_node.h"

namespace pgw::contract {

/// Compiles schemas of one document into one set; every schema is compiled once, however often it is referenced.
class SchemaCompiler {
 public:
  using Pointer = nlohmann::json::json_pointer;

  SchemaCompiler(const Document& document, std::vector<Problem>& problems);

  /// Never null; of no use if an error was reported.
  const SchemaNode* compile(const Pointer& where);

  /// To be called when all is compiled: reports schemas that contain themselves without a value in between.
  void finish();

  /// Follows `$ref`s of any object of the document from `where`; reports what can't be followed and returns nullopt.
  std::optional<Pointer> resolve(const Pointer& where);

  std::shared_ptr<const SchemaSet> nodes() const { return nodes_; }

  void error(const Pointer& where, std::string message);
  void warning(const Pointer& where, std::string message);

 private:
  void fill(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_reference(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  bool fill_alias(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  /// Where a reference leads; reports, at `where`, what leads nowhere.
  std::optional<Pointer> follow(const Pointer& where, const std::string& reference);
  void report_loops();
  void shorten_aliases();
  void warn_of_unknown_keywords(const Pointer& where, const nlohmann::json& schema);

  // schema_compiler_keywords.cpp
  void fill_type(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  bool fill_type_of_3_1(SchemaNode& node, const Pointer& where, const nlohmann::json& type);
  void fill_enumeration(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void warn_of_values_of_other_types(const SchemaNode& node, const Pointer& where);
  void fill_string(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_number(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_array(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_object(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  void fill_combinators(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  static void fold_null_into_nullable(SchemaNode& node, std::vector<const SchemaNode*>& branches);
  void fill_discriminator(SchemaNode& node, const Pointer& where, const nlohmann::json& schema);
  std::vector<const SchemaNode*> compile_all(const Pointer& where);
  std::optional<std::size_t> count_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<Number> number_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<std::string> text_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);
  std::optional<Bound> bound_at(const Pointer& where, const nlohmann::json& schema, const char* inclusive,
                                const char* exclusive);
  bool flag_at(const Pointer& where, const nlohmann::json& schema, const char* keyword);

  const Document& document_;
  bool is_3_1_ = false;  // OpenAPI 3.1
  std::vector<Problem>& problems_;
  std::shared_ptr<SchemaSet> nodes_ = std::make_shared<SchemaSet>();
  std::map<std::string, SchemaNode*, std::less<>> by_pointer_;
  std::vector<std::pair<const SchemaNode*, Pointer>> places_;
};

}  // namespace pgw::contract
