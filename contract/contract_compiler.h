// An OpenAPI document to operations. Internal to contract/.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/operation_facts.h"
#include "contract/schema_compiler.h"

namespace pgw::contract {

/// A member of an object, or what counts when it is missing or of another type.
std::string text_at(const nlohmann::json& object, const char* key, const char* otherwise = "");
bool flag_at(const nlohmann::json& object, const char* key, bool otherwise = false);

class ContractCompiler {
 public:
  ContractCompiler(const Document& document, std::vector<Problem>& problems, const CompileOptions& options);

  /// Everything that could be compiled; of no use if an error was reported.
  void compile();

  /// Operations, and paths as a whole, that brought errors of their own.
  std::size_t unusable_operations() const { return unusable_operations_; }

  std::string take_base_path() { return std::move(base_path_); }
  std::vector<Operation> take_operations() { return std::move(operations_); }
  std::shared_ptr<const SchemaSet> nodes() const { return schemas_.nodes(); }

 private:
  using Pointer = nlohmann::json::json_pointer;
  using Facts = Operation::Facts;

  const nlohmann::json& at(const Pointer& where) const { return document_.root().at(where); }

  /// SchemaCompiler::resolve, with a warning of what stands beside a reference.
  std::optional<Pointer> resolve(const Pointer& where);

  bool compile_version();  ///< false: a document of which no rule holds
  void compile_base_path();
  std::optional<Pointer> path_item_at(const Pointer& where);
  void compile_path(const Pointer& where, const std::string& path_template);
  std::optional<std::vector<PathSegment>> parse_template(const Pointer& where, const std::string& path_template);
  void warn_of_unknown_fields(const Pointer& where, const char* of, std::initializer_list<std::string_view> known);
  void compile_operation(const Pointer& where, const Pointer& path_item, Facts facts);
  void compile_usable_operation(const Pointer& referring, const Pointer& path_item, Facts facts);

  /// What was known before something was compiled that may turn out to be of no use.
  struct Before {
    std::size_t problems;
    std::size_t schemas;
    std::size_t operations;
  };
  Before before() const { return {problems_.size(), schemas_.size(), operations_.size()}; }
  /// Whether no error was reported since then; if one was and it may be skipped, it becomes a warning, and what was
  /// compiled since then is forgotten. `what` names it: "GET /projects".
  bool is_usable_since(const Before& before, const std::string& what);
  void compile_id(const Pointer& where, Facts& facts);

  using Names = std::set<std::pair<std::string, std::string>>;  // of parameters: where they are, how they are called

  // contract_compiler_values.cpp
  void compile_parameters(const Pointer& where, const Pointer& path_item, Facts& facts);
  void compile_parameter(const Pointer& where, Facts& facts, std::map<std::string, Parameter>& path_parameters,
                         Names& seen, Names& known);
  void compile_value(const Pointer& where, const std::string& in, Parameter& parameter);
  std::optional<Style> style_of(const nlohmann::json& parameter, const std::string& in, const SchemaNode& schema);
  /// Once for each schema. `is_deep`: they are those of a deepObject.
  void warn_of_unread(const Pointer& where, const std::shared_ptr<const FormMembers>& members, bool is_deep,
                      const FormRules* rules = nullptr);

  // contract_compiler_bodies.cpp
  void compile_body(const Pointer& where, Facts& facts);
  void compile_responses(const Pointer& where, Facts& facts);
  std::vector<MediaType> compile_media_types(const Pointer& where, bool is_request);
  void compile_members(const Pointer& where, MediaType& media);
  void compile_form(const Pointer& where, MediaType& media);
  void compile_parts(const Pointer& where, MediaType& media);
  /// Calls `visit` with place, name and schema of each member of which `encoding` says something.
  void for_each_encoding(const Pointer& where, const SchemaNode& schema,
                         const std::function<void(const Pointer&, const std::string&, const SchemaNode&)>& visit);
  std::optional<FormEncoding> form_encoding(const Pointer& where, const SchemaNode& member);
  std::optional<PartRule> part_encoding(const Pointer& where, PartRule rule);

  const Document& document_;
  std::vector<Problem>& problems_;
  const bool skips_unusable_;
  std::size_t unusable_operations_ = 0;
  SchemaCompiler schemas_;
  Spellings spellings_;
  std::set<std::shared_ptr<const void>> warned_of_;  // schemas of which it was told that members are not checked
  std::string base_path_;
  std::vector<Operation> operations_;
  std::map<std::string, Pointer> ids_;
};

}  // namespace pgw::contract
