#include "contract/document_tree.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "contract/document_reader.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr const char* place_of_files = "x-gateway-files";

/// A file's name as a token of a JSON pointer in a URI's fragment (RFC 6901 section 6).
std::string token_of(std::string_view file) {
  std::string token;
  for (const char c : file) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else if (c == '%') {
      token += "%25";
    } else {
      token += c;
    }
  }
  return token;
}

/// Whether the keys of what stands under `key` are names that the author of the document chose.
bool holds_names(std::string_view key) {
  constexpr std::array<std::string_view, 17> holders{
      "$defs",         "callbacks", "content", "definitions", "dependentSchemas", "encoding",          "examples",
      "headers",       "links",     "mapping", "parameters",  "pathItems",        "patternProperties", "properties",
      "requestBodies", "responses", "schemas"};
  return std::ranges::find(holders, key) != holders.end();
}

bool has_scheme(std::string_view reference) {
  const auto end = reference.find_first_of(":/#");
  return end != std::string_view::npos && reference[end] == ':';
}

}  // namespace

Document::Outcome DocumentTree::read() {
  std::vector<Problem> problems;
  auto document = DocumentReader::read_file(first_, problems);
  if (!document) return {nullptr, std::move(problems)};
  change_references(document->root_, {});
  if (!unread_.empty() && (!document->root_.is_object() || document->root_.contains(place_of_files))) {
    problems.push_back({Severity::error,
                        {first_.string(), 0, 0},
                        std::string("a description of several files is an object without '") + place_of_files + "'"});
    return {nullptr, std::move(problems)};
  }
  while (!unread_.empty()) {
    const std::string name = std::move(unread_.back());
    unread_.pop_back();
    auto other = DocumentReader::read_file(first_.parent_path() / name, problems);
    if (!other) continue;
    change_references(other->root_, name);
    document->take_in(*std::move(other), document->root_[place_of_files][name]);
  }
  if (!problems.empty()) return {nullptr, std::move(problems)};
  std::ranges::sort(document->addresses_);
  return {std::make_shared<const Document>(*std::move(document)), {}};
}

void DocumentTree::change_references(json& value, const std::string& file, Keys keys) {
  if (value.is_array()) {
    for (auto& item : value) change_references(item, file);
  }
  if (!value.is_object()) return;
  const auto reference = value.find("$ref");
  if (reference != value.end() && reference->is_string()) *reference = changed(reference->get<std::string>(), file);
  const auto discriminator = value.find("discriminator");
  if (discriminator != value.end() && discriminator->is_object()) change_mapping(*discriminator, file);
  for (auto& [key, child] : value.get_ref<json::object_t&>()) {
    // An extension is nobody's business here: what it refers to may be a program's text.
    const bool is_extension = keys == Keys::of_the_specification && key.starts_with("x-");
    if (is_extension) continue;
    change_references(child, file, holds_names(key) ? Keys::of_the_author : Keys::of_the_specification);
  }
}

void DocumentTree::change_mapping(json& discriminator, const std::string& file) {
  const auto mapping = discriminator.find("mapping");
  if (mapping == discriminator.end() || !mapping->is_object()) return;
  for (auto& target : *mapping) {
    if (target.is_string()) target = changed(target.get<std::string>(), file);
  }
}

/// What a reference is once all files are one document; itself, if it names none of them.
std::string DocumentTree::changed(const std::string& reference, const std::string& file) {
  if (has_scheme(reference)) return reference;
  const auto mark = std::min(reference.find('#'), reference.size());
  const auto path = base::percent_decoded(std::string_view(reference).substr(0, mark));
  const std::string fragment = mark == reference.size() ? std::string() : reference.substr(mark + 1);
  if (!path) return reference;
  std::string name = file;
  if (!path->empty()) {
    name = (std::filesystem::path(file).parent_path() / *path).lexically_normal().generic_string();
    const auto whole = first_.parent_path() / name;
    std::error_code ignored;
    if (name.starts_with("..") || name.starts_with('/') || !std::filesystem::is_regular_file(whole, ignored)) {
      return reference;
    }
    if (name == first_.filename()) name.clear();
  }
  if (name.empty()) return "#" + fragment;
  if (known_.insert(name).second) unread_.push_back(name);
  return std::string("#/") + place_of_files + "/" + token_of(name) + fragment;
}

}  // namespace pgw::contract
