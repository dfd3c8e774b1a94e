// A YAML or JSON text as a JSON value, every node with its place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
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

/// Errors as they are; of warnings of one kind, which differ in place and in what they quote alone, the first one, with
/// the number of the others.
std::vector<Problem> summed_up(std::span<const Problem> problems);

/// Immutable. Plain YAML scalars resolve by the core schema of YAML 1.2 (section 10.3): null, booleans, integers and
/// floats are typed; everything quoted is a string, and so are dates, `yes`, `no`, `on`, `off`, and numbers that JSON
/// lacks (`.inf`). Keys are always strings. What the merge key `<<` of YAML 1.1 names is merged. A text that is JSON
/// (RFC 8259) is read as that.
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

  /// The same with the files that its `$ref`s name, each once, as long as they stand in the file's own folder or below
  /// it: they become members of "x-gateway-files", and the references lead there. What names no such file stays.
  static Outcome read_tree(const std::filesystem::path& file);

  static Outcome parse(std::string_view text, std::string_view name);

  const nlohmann::json& root() const { return root_; }

  /// Those that were read, the first one first; none for a text that is no file.
  std::span<const std::filesystem::path> files() const { return files_; }

  /// The place of a node, or of the nearest enclosing node that is known; and a number that stands for it, of which a
  /// caller can keep many.
  Place place(const nlohmann::json::json_pointer& where) const { return place(number_at(where)); }
  Place place(std::uint32_t number) const;
  std::uint32_t number_at(const nlohmann::json::json_pointer& where) const { return spot_at(where).number; }

  /// The names of an object's members in the order of the text.
  std::vector<std::string> names_in_order(const nlohmann::json::json_pointer& where) const;

 private:
  friend class DocumentReader;
  friend class DocumentTree;

  struct Mark {
    int line = 0;
    int column = 0;
  };

  /// Where the content of a node comes from that an alias or a merge key copied.
  struct Origin {
    std::uint32_t node = 0;
    std::optional<std::string> key = std::nullopt;  // of a merged member: which one of that node's
    const nlohmann::json* value = nullptr;          // that node
  };

  /// A node on the way to another one: its place, and where its children's places are known.
  struct Spot {
    const nlohmann::json* value = nullptr;
    std::uint32_t number = 0;
  };

  std::optional<std::uint32_t> number_of(const nlohmann::json& value) const;
  Spot spot_of(const nlohmann::json& value) const;
  Spot spot_at(const nlohmann::json::json_pointer& where) const;
  Spot next_spot(const Spot& spot, const std::string& name) const;

  /// Takes another document in, at `place` within this one, which stays where it is. Addresses are to be sorted then.
  void take_in(Document other, nlohmann::json& place);

  nlohmann::json root_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::pair<std::uint32_t, std::string>> names_;  // of each text: the number of its first node, its name
  // Nodes have numbers in the order of the text; the root is 0. Children of lists and mappings stay where they are, so
  // that their addresses tell them apart; the root moves with its document.
  std::vector<Mark> marks_;                                                 // by number
  std::vector<std::pair<const nlohmann::json*, std::uint32_t>> addresses_;  // sorted
  std::unordered_map<std::uint32_t, Origin> origins_;                       // by number
  std::list<nlohmann::json> merged_;  // what merge keys brought in, for its places
};

}  // namespace pgw::contract
