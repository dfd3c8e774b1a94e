// A YAML or JSON text as a JSON value, every node with its place.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

namespace pgw::contract {

/// Where something stands in a file. Lines and columns count from 1; 0 means unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class Severity { error, warning };

/// Something wrong with a file that an operator edits: what, where, and how bad.
struct Problem {
  Severity severity = Severity::error;
  Place place;
  std::string message;
};

/// "file:line:col: error: message"; what is unknown of the place is left out.
std::string to_string(const Problem& problem);

/// Immutable. Plain YAML scalars resolve by the core schema of YAML 1.2 (section 10.3): null, booleans, integers and
/// floats are typed; everything quoted is a string, and so are dates, `yes`, `no`, `on`, `off`, and numbers that JSON
/// lacks (`.inf`). Keys are always strings. What the merge key `<<` of YAML 1.1 names is merged.
// NOLINTNEXTLINE(bugprone-exception-escape): to make or move a JSON value that owns nothing throws nothing
class Document {
 public:
  struct Outcome {
    std::shared_ptr<const Document> document;  ///< null if any problem is an error
    std::vector<Problem> problems;
  };

  /// Problems: an unreadable file, bytes that are not UTF-8, control characters, bad syntax, a second document, a key
  /// that stands twice in a mapping, tags beyond the core schema, aliases that would expand to more than a million
  /// nodes, nesting deeper than 100. Columns count characters.
  static Outcome read(const std::filesystem::path& file);
  static Outcome parse(std::string_view text, std::string_view name);

  const nlohmann::json& root() const { return root_; }

  /// The place of a node, or of the nearest enclosing node that is known.
  Place place(const nlohmann::json::json_pointer& where) const;

 private:
  friend class DocumentReader;

  struct Mark {
    int line = 0;
    int column = 0;
  };

  nlohmann::json root_;
  std::string name_;
  std::unordered_map<std::string, Mark> places_;  // by JSON pointer
};

}  // namespace pgw::contract
