// Turns the events of a YAML or JSON text into a Document. Internal to contract/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml.h>

#include "contract/document.h"

namespace pgw::contract {

/// Reads one text, once. What the text consists of becomes JSON values, and each node's place is noted on the way.
class DocumentReader {
 public:
  DocumentReader(std::string_view name, std::vector<Problem>& problems) : name_(name), problems_(problems) {}

  /// Nullopt if there is any problem; as Document::parse says.
  std::optional<Document> read(std::string_view text);

  static std::optional<Document> read_file(const std::filesystem::path& file, std::vector<Problem>& problems);

 private:
  /// Thrown to end the reading, once the reason is the last of the problems: what was told before it is of a text that
  /// may have been read wrongly.
  struct Stop {};
  using Mark = Document::Mark;
  using Number = std::uint32_t;  // of a node

  /// What an alias repeats.
  // NOLINTNEXTLINE(bugprone-exception-escape): to make or move a JSON value that owns nothing throws nothing
  struct Anchor {
    nlohmann::json value;
    Number number = 0;
    std::size_t nodes = 1;            // within it
    std::optional<std::string> text;  // of a scalar, as a key would be
  };

  /// A mapping that the merge key names.
  struct Merge {
    const nlohmann::json* value = nullptr;
    Number number = 0;
  };

  /// A node that is being read: a list, or a mapping with the key whose value comes next.
  struct Frame {
    nlohmann::json value;
    Number number = 0;
    std::string anchor = {};
    std::size_t nodes_before = 0;
    std::vector<Number> items = {};  // of a list
    std::optional<std::string> key = std::nullopt;
    Mark key_mark = {};
    bool is_key = false;        // this node is where a key should be
    bool skips_value = false;   // the value that comes next has no key that it could stand under
    bool merges_value = false;  // the value that comes next stands under the merge key
    std::vector<Merge> merges = {};
  };

  static Mark mark_of(const yaml_mark_t& mark);
  static Mark mark_at(std::string_view text, std::size_t position);

  void parse_json(std::string_view text);
  void parse_yaml(std::string_view text);
  void take(const yaml_event_t& event);
  void take_scalar(const yaml_event_t& event);
  void take_alias(const yaml_event_t& event);
  void open_tagged(nlohmann::json empty, const yaml_event_t& event, const yaml_char_t* tag, const yaml_char_t* anchor);

  [[noreturn]] void stop(const Mark& mark, std::string message);
  void problem(const Mark& mark, std::string message);
  void begin_node(const Mark& mark, std::size_t nodes);
  Number new_number(const Mark& mark);
  bool expects_key() const { return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().key; }
  void take_key(const std::string& text, const Mark& mark, bool is_merge);
  void skip_key(const Mark& mark);
  bool stands_within(const std::string& anchor) const;
  void open(nlohmann::json empty, const Mark& mark, std::string anchor);
  void close();
  /// `items`: of a list that stands in the text.
  void add(nlohmann::json value, Number number, const std::vector<Number>& items = {});
  void add_merge(Frame& frame, nlohmann::json value, Number number, const std::vector<Number>& items);
  void merge(Frame& frame, const Merge& source);
  void settle_addresses();

  std::string name_;
  Document document_;
  std::vector<Problem>& problems_;
  std::vector<Frame> frames_;              // from the root down
  std::map<std::string, Anchor> anchors_;  // of complete nodes; a name may be given anew
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace pgw::contract
