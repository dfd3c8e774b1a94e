#include "config/reader.h"

#include <charconv>
#include <system_error>
#include <tuple>
#include <utility>

#include "config/suggest.h"
#include "config/units.h"
#include "contract/schema.h"

namespace pgw::config {
namespace {

using nlohmann::json;

std::string parent_of(std::string_view pointer) {
  return std::string(pointer.substr(0, pointer.rfind('/')));
}

/// Reference tokens without their escapes (RFC 6901 section 4).
std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

std::string last_token(std::string_view pointer) {
  return unescaped(pointer.substr(pointer.rfind('/') + 1));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The schema of the member `name`, null when the schema knows no such member.
const json* member_schema(const json& schema, const std::string& name) {
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    if (const auto found = properties->find(name); found != properties->end()) return &*found;
  }
  const auto additional = schema.find("additionalProperties");
  return additional != schema.end() && additional->is_object() ? &*additional : nullptr;
}

std::string unknown_key(const std::string& key, const json& schema, const std::string& pointer) {
  std::vector<std::string> known;
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    for (const auto& [name, unused] : properties->items()) known.push_back(name);
  }
  const std::string where = pointer.empty() ? "" : " in '" + dotted(pointer) + "'";
  return "unknown key '" + key + "'" + where + did_you_mean(key, known);
}

/// What an expansion made of a scalar's text.
struct Expansion {
  std::string text;
  bool changed = false;
  bool from_environment = false;
  std::vector<std::string> problems;
};

bool is_variable_name(std::string_view name) {
  if (name.empty() || is_number(name.substr(0, 1))) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

/// Leaves no copy of either text behind: what comes from the environment may be a secret.
void append_and_wipe(std::string& text, std::string& more) {
  if (text.capacity() < text.size() + more.size()) {
    std::string larger;
    larger.reserve(text.size() + more.size());
    larger = text;
    wipe(text.data(), text.size());
    text = std::move(larger);
  }
  text += more;
  wipe(more.data(), more.size());
}

/// One "${NAME}" at `at`; returns how many characters it took.
std::size_t expand_variable(std::string_view text, std::size_t at, const Environment& environment, Expansion& out) {
  const auto close = text.find('}', at);
  const auto name = close == std::string_view::npos ? std::string_view{} : text.substr(at + 2, close - at - 2);
  if (!is_variable_name(name)) {
    out.problems.emplace_back(
        "'${' must be followed by the name of an environment variable and '}'; '$$' is a dollar sign");
    return text.size() - at;
  }
  if (auto value = environment(std::string(name))) {
    append_and_wipe(out.text, *value);
  } else {
    out.problems.push_back("environment variable " + std::string(name) + " is not set");
  }
  out.from_environment = true;
  return close + 1 - at;
}

Expansion expanded(std::string_view text, const Environment& environment) {
  Expansion out;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view next = text.substr(i, 2);
    if (next == "$$") {
      out.text += '$';
      i += 2;
    } else if (next == "${") {
      i += expand_variable(text, i, environment, out);
    } else {
      out.text += text[i++];
    }
    out.changed |= next == "$$" || next == "${";
  }
  return out;
}

/// What a number or a switch becomes when it came as text from the environment.
json retyped(std::string text, const json& schema) {
  const std::string type = schema.value("type", "");
  if (type == "integer" && is_number(text)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{}) return number;
  }
  if (type == "boolean" && (text == "true" || text == "false")) return text == "true";
  return json(std::move(text));
}

/// A message of the file as a whole names nothing.
std::string named(const std::string& pointer, const std::string& message) {
  return pointer.empty() ? message : dotted(pointer) + ": " + message;
}

std::string pointer_of(const std::vector<contract::LocPart>& loc) {
  std::string pointer;
  for (const auto& part : loc) {
    const auto* name = std::get_if<std::string>(&part);
    pointer += name != nullptr ? token(*name) : "/" + std::to_string(std::get<std::int64_t>(part));
  }
  return pointer;
}

}  // namespace

std::string token(std::string_view key) {
  std::string out = "/";
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string dotted(std::string_view pointer) {
  std::string out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    const std::string part = unescaped(raw);
    pointer.remove_prefix(raw.size());
    if (is_number(part) && !out.empty()) {
      out += "[" + part + "]";
    } else {
      out += (out.empty() ? "" : ".") + part;
    }
  }
  return out;
}

Reader::Reader(const std::filesystem::path& path) : path_(path) {
  auto outcome = contract::Document::read(path);
  problems_ = std::move(outcome.problems);
  document_ = std::move(outcome.document);
  if (!document_ || has_errors()) return;
  root_ = document_->root();
  if (root_.is_null()) root_ = json::object();
  readable_ = root_.is_object();
  if (!readable_) add(contract::Severity::error, "", "a mapping of keys to values expected");
}

json* Reader::enclosing_mapping(const std::string& pointer, bool make) {
  const json::json_pointer parent(parent_of(pointer));
  if (!root_.contains(parent)) {
    if (!make) return nullptr;
    root_[parent] = json::object();
  }
  json& mapping = root_[parent];
  if (make && mapping.is_null()) mapping = json::object();
  return mapping.is_object() ? &mapping : nullptr;
}

void Reader::erase(const std::string& pointer) {
  if (json* mapping = enclosing_mapping(pointer, false)) mapping->erase(last_token(pointer));
}

void Reader::set(const std::string& pointer, std::string_view text) {
  if (json* mapping = enclosing_mapping(pointer, true)) (*mapping)[last_token(pointer)] = text;
}

bool Reader::contains(const std::string& pointer) const {
  return root_.contains(json::json_pointer(pointer));
}

void Reader::check(const json& schema, const Environment* environment) {
  environment_ = environment;
  prepare(root_, schema, "");
  validate(schema);
}

void Reader::prepare(json& value, const json& schema, const std::string& pointer) {
  if (value.is_object()) {
    prepare_object(value, schema, pointer);
  } else if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i)
      prepare(value[i], schema["items"], pointer + "/" + std::to_string(i));
  } else if (value.is_string() && environment_ != nullptr) {
    expand(value, schema, pointer);
  } else if (value.is_null()) {
    error(pointer, "has no value");
  }
}

void Reader::prepare_object(json& value, const json& schema, const std::string& pointer) {
  for (auto member = value.begin(); member != value.end();) {
    const std::string at = pointer + token(member.key());
    const json* known = member_schema(schema, member.key());
    const bool container =
        known != nullptr && (known->value("type", "") == "object" || known->value("type", "") == "array");
    if (known == nullptr && schema.value("type", "") == "object") {
      add(contract::Severity::error, at, unknown_key(member.key(), schema, pointer));
      member = value.erase(member);
    } else if (container && member->is_null()) {
      member = value.erase(member);
    } else {
      if (known != nullptr) prepare(*member, *known, at);
      ++member;
    }
  }
}

void Reader::expand(json& value, const json& schema, const std::string& pointer) {
  auto& text = value.get_ref<std::string&>();
  Expansion result = expanded(text, *environment_);
  for (const auto& problem : result.problems) error(pointer, problem);
  if (!result.changed) return;
  if (result.from_environment) expanded_.insert(pointer);
  value = result.from_environment ? retyped(std::move(result.text), schema) : json(std::move(result.text));
}

void Reader::validate(const json& schema) {
  const auto schema_document = contract::Document::parse(schema.dump(), "schema");
  const auto compiled = contract::Schema::compile(*schema_document.document, json::json_pointer());
  std::vector<contract::Violation> violations;
  // A file has types of its own: "12" is no number there, and `yes` no switch.
  compiled.schema->validate(root_, {}, violations, {.coercion = contract::Coercion::none, .null_is_absence = true});
  for (const auto& violation : violations) error(pointer_of(violation.loc), violation.msg);
}

void Reader::error(const std::string& pointer, const std::string& message) {
  if (reported(pointer)) return;
  reported_.insert(pointer);
  add(contract::Severity::error, pointer, named(pointer, message));
}

void Reader::warning(const std::string& pointer, const std::string& message) {
  add(contract::Severity::warning, pointer, named(pointer, message));
}

json* Reader::find(const std::string& pointer) {
  const json::json_pointer at(pointer);
  if (reported(pointer) || !root_.contains(at)) return nullptr;
  return &root_[at];
}

std::filesystem::path Reader::folder() const {
  return std::filesystem::absolute(path_).lexically_normal().parent_path();
}

contract::Place Reader::place(const std::string& pointer) const {
  if (!document_) return {path_.string(), 0, 0};
  return document_->place(json::json_pointer(pointer));
}

namespace {

void collect_places(const Reader& reader, const json& value, const std::string& pointer,
                    std::map<std::string, contract::Place, std::less<>>& out) {
  out.emplace(pointer, reader.place(pointer));
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) collect_places(reader, member, pointer + token(key), out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      collect_places(reader, value[i], pointer + "/" + std::to_string(i), out);
    }
  }
}

}  // namespace

std::map<std::string, contract::Place, std::less<>> Reader::places() const {
  std::map<std::string, contract::Place, std::less<>> out;
  collect_places(*this, document_->root(), "", out);
  return out;
}

bool Reader::has_errors() const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const auto& problem) { return problem.severity == contract::Severity::error; });
}

std::vector<contract::Problem> Reader::take_problems() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return std::move(problems_);
}

bool Reader::reported(std::string_view pointer) const {
  for (; !pointer.empty(); pointer = pointer.substr(0, pointer.rfind('/'))) {
    if (reported_.contains(pointer)) return true;
  }
  return false;
}

void Reader::add(contract::Severity severity, const std::string& pointer, const std::string& message) {
  problems_.push_back({severity, place(pointer), message});
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> out;
  if (const json* value = reader_.find(pointer_); value != nullptr && value->is_object()) {
    for (const auto& [key, unused] : value->items()) out.push_back(key);
  }
  return out;
}

std::optional<std::string> Section::text(std::string_view key) const {
  const json* value = reader_.find(pointer(key));
  return value != nullptr && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
}

std::vector<std::string> Section::texts(std::string_view key) const {
  std::vector<std::string> out;
  const json* value = reader_.find(pointer(key));
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& item : *value) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace pgw::config
