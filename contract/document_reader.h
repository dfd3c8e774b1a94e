// Turns a YAML parser's events into a Document. Internal to contract/.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml.h>

#include "contract/document.h"

namespace pgw::contract {

/// Reads one text, once. libyaml's events become JSON values, and each node's place is noted on the way.
class DocumentReader {
 public:
  explicit DocumentReader(std::string_view name) { document_.name_ = name; }

  Document::Outcome read(std::string_view text);

 private:
  /// Thrown to end the reading, once the reason is the last of the problems: what was told before it is of a text that
  /// may have been read wrongly.
  struct Stop {};
  using Mark = Document::Mark;
  using Entry = std::pair<const std::string, Mark>;

  /// A value that stands in the text, and the places within it.
  // NOLINTNEXTLINE(bugprone-exception-escape): to make or move a JSON value that owns nothing throws nothing
  struct Source {
    nlohmann::json value;
    std::string pointer;
    std::vector<const Entry*> entries;
  };

  /// What an alias repeats.
  // NOLINTNEXTLINE(bugprone-exception-escape): as above
  struct Anchor {
    Source source;
    std::optional<std::string> text;  // of a scalar, as a key would be
  };

  /// A node that is being read: a list, or a mapping with the key whose value comes next.
  struct Frame {
    nlohmann::json value;
    std::string pointer;
    std::string anchor;
    std::size_t first_entry = 0;
    std::optional<std::string> key = std::nullopt;
    Mark key_mark = {};
    bool is_key = false;        // this node is where a key should be
    bool skips_value = false;   // the value that comes next has no key that it could stand under
    bool merges_value = false;  // the value that comes next stands under the merge key
    std::size_t first_merge_entry = 0;
    std::vector<Source> merges = {};
  };

  static Mark mark_of(const yaml_mark_t& mark);
  static Mark mark_at(std::string_view text, std::size_t position);

  void parse(std::string_view text);
  void take(const yaml_event_t& event);
  void take_scalar(const yaml_event_t& event);
  void take_alias(const yaml_event_t& event);
  void open(nlohmann::json empty, const yaml_event_t& event, const yaml_char_t* tag, const yaml_char_t* anchor);
  void close();

  [[noreturn]] void stop(const Mark& mark, std::string message);
  void problem(const Mark& mark, std::string message);
  void begin_node(const Mark& mark, std::size_t nodes);
  bool expects_key() const { return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().key; }
  void take_key(const std::string& text, const Mark& mark, bool is_merge);
  bool stands_within(const std::string& anchor) const;
  std::string next_pointer() const;
  void note_place(const std::string& pointer, const Mark& mark);
  void note_node(const std::string& pointer, const Mark& mark);
  void add(nlohmann::json value);
  void add_merge(Frame& frame, nlohmann::json value);
  void merge(Frame& frame, const Source& source);

  Document document_;
  std::vector<Problem> problems_;
  std::vector<Frame> frames_;              // from the root down
  std::map<std::string, Anchor> anchors_;  // of complete nodes; a name may be given anew
  std::vector<const Entry*> entries_;      // of places_, in the order of the text
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace pgw::contract
