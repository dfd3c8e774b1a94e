#include "contract/document.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "contract/utf8.h"

namespace pgw::contract {
namespace {

constexpr std::size_t deepest = 100;
constexpr std::size_t most_nodes = 1'000'000;

/// A plain scalar by the core schema of YAML 1.2, section 10.3.2.
class PlainScalar {
 public:
  explicit PlainScalar(const std::string& text) : text_(text) {}

  nlohmann::json value() const {
    if (text_.empty() || text_ == "~" || text_ == "null" || text_ == "Null" || text_ == "NULL") return nullptr;
    if (text_ == "true" || text_ == "True" || text_ == "TRUE") return true;
    if (text_ == "false" || text_ == "False" || text_ == "FALSE") return false;
    if (const auto integer = as_integer()) return *integer;
    if (looks_like_float()) {
      const double number = std::strtod(text_.c_str(), nullptr);
      if (std::isfinite(number)) return number;
    }
    return text_;
  }

 private:
  /// [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+
  std::optional<std::int64_t> as_integer() const {
    std::string_view digits = text_;
    int base = 10;
    if (digits.starts_with("0x")) base = 16;
    if (digits.starts_with("0o")) base = 8;
    if (base != 10) digits.remove_prefix(2);
    if (base == 10 && digits.starts_with('+')) digits.remove_prefix(1);
    const bool may_have_minus = base == 10 && !text_.starts_with('+');
    if (digits.starts_with('-') && !may_have_minus) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  /// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
  bool looks_like_float() const {
    std::string_view rest = text_;
    const auto skip_sign = [&rest] {
      if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
    };
    const auto skip_digits = [&rest] {
      std::size_t count = 0;
      while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
      rest.remove_prefix(count);
      return count;
    };
    skip_sign();
    std::size_t digits = skip_digits();
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      digits += skip_digits();
    }
    if (digits == 0) return false;
    if (rest.starts_with('e') || rest.starts_with('E')) {
      rest.remove_prefix(1);
      skip_sign();
      if (skip_digits() == 0) return false;
    }
    return rest.empty();
  }

  const std::string& text_;
};

std::string escaped(const std::string& key) {
  std::string text;
  for (const char c : key) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

/// Where the bytes that a YAML stream can't hold begin, and why. yaml-cpp passes malformed UTF-8 through, and takes one
/// control character for the end of the text.
struct BadBytes {
  std::size_t position = 0;
  std::string message;
};

std::optional<BadBytes> find_bad_bytes(std::string_view text) {
  const std::size_t readable = utf8_prefix(text);
  for (std::size_t i = 0; i < readable; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_blank = byte == '\t' || byte == '\n' || byte == '\r';
    if ((byte < 0x20 && !is_blank) || byte == 0x7f) return BadBytes{i, "a control character stands here"};
  }
  if (readable < text.size()) return BadBytes{readable, "the text is not UTF-8 from here on"};
  return std::nullopt;
}

Place place_of(std::string_view text, std::size_t position, const std::string& name) {
  const auto before = text.substr(0, position);
  const auto line_start = before.rfind('\n') + 1;
  return {name, 1 + static_cast<int>(std::ranges::count(before, '\n')), 1 + static_cast<int>(position - line_start)};
}

/// The UTF-16 unit of "\uXXXX" at the front of `text`.
std::optional<unsigned> escaped_unit(std::string_view text) {
  if (!text.starts_with("\\u") || text.size() < 6) return std::nullopt;
  unsigned unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  if (error != std::errc{} || end != text.data() + 6) return std::nullopt;
  return unit;
}

/// JSON escapes a character beyond the basic plane as two surrogates, which YAML has no use for: such pairs as the
/// character itself.
std::string join_surrogates(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (std::size_t i = 0; i < json.size();) {
    const auto high = json[i] == '\\' ? escaped_unit(json.substr(i)) : std::nullopt;
    const auto low = high && *high >= 0xd800 && *high < 0xdc00 ? escaped_unit(json.substr(i + 6)) : std::nullopt;
    if (low && *low >= 0xdc00 && *low < 0xe000) {
      const unsigned code = 0x10000 + ((*high - 0xd800) << 10) + (*low - 0xdc00);
      for (const unsigned byte :
           {0xf0 | code >> 18, 0x80 | (code >> 12 & 0x3f), 0x80 | (code >> 6 & 0x3f), 0x80 | (code & 0x3f)}) {
        text += static_cast<char>(byte);
      }
      i += 12;
    } else {
      const std::size_t length = json[i] == '\\' ? 2 : 1;
      text += json.substr(i, length);
      i += length;
    }
  }
  return text;
}

bool is_json_with_surrogates(std::string_view text) {
  const bool has_surrogates =
      text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
  return has_surrogates && nlohmann::json::accept(text.begin(), text.end());
}

/// How a scalar with this tag is read.
enum class Tag { plain, text, unknown };

Tag parse_tag(const std::string& tag) {
  static constexpr std::string_view core = "tag:yaml.org,2002:";
  if (tag == "?") return Tag::plain;
  if (tag.empty() || tag == "!") return Tag::text;
  if (!tag.starts_with(core)) return Tag::unknown;
  const auto name = std::string_view(tag).substr(core.size());
  if (name == "str") return Tag::text;
  const bool is_typed = name == "int" || name == "float" || name == "bool" || name == "null";
  return is_typed || name == "map" || name == "seq" ? Tag::plain : Tag::unknown;
}

/// yaml-cpp takes a quoted scalar that the text ends in for complete when a line feed comes last, and would let it
/// swallow the rest of a file; without the line feed it throws, as it should. Only of block scalars (after | or >) does
/// that line feed matter.
std::string_view without_last_line_feeds(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// Whether a text may hold what the first of these characters begin.
bool may_hold_quotes(std::string_view text) {
  return text.find_first_of("'\"") != std::string_view::npos;
}
bool may_hold_block_scalars(std::string_view text) {
  return text.find_first_of("|>") != std::string_view::npos;
}

/// Sees documents pass and keeps nothing of them.
class Ignore : public YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

void parse(std::string_view text, YAML::EventHandler& handler) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(handler)) {
  }
}

}  // namespace

/// Turns yaml-cpp's events into JSON, and notes each node's place. Not its nodes: building those took longer than all
/// the rest.
class DocumentReader : private YAML::EventHandler {
 public:
  explicit DocumentReader(std::string_view name) { document_.name_ = name; }

  Document::Outcome read(std::string_view text) {
    if (const auto bad = find_bad_bytes(text)) {
      return {nullptr, {{Severity::error, place_of(text, bad->position, document_.name_), bad->message}}};
    }
    try {
      parse_all(is_json_with_surrogates(text) ? join_surrogates(text) : std::string(text));
    } catch (const YAML::Exception& error) {
      // What was told before is of a text that may have been read wrongly.
      problems_.clear();
      problem(error.mark, error.msg);
    } catch (const Stop&) {
      problems_.erase(problems_.begin(), problems_.end() - 1);
    }
    if (!problems_.empty()) return {nullptr, std::move(problems_)};
    return {std::make_shared<const Document>(std::move(document_)), {}};
  }

 private:
  /// Thrown to end the reading, once the reason is the last of the problems.
  struct Stop {};
  using Mark = Document::Mark;
  using Entry = std::pair<const std::string, Mark>;

  /// A node that is being read: a list, or a mapping with the key whose value comes next.
  struct Frame {
    nlohmann::json value;
    std::string pointer;
    YAML::anchor_t anchor = 0;
    std::size_t first_entry = 0;
    std::optional<std::string> key = std::nullopt;
    Mark key_mark = {};
    bool is_key = false;       // this node is where a key should be
    bool skips_value = false;  // the value that comes next has no key that it could stand under
  };

  /// What an alias repeats: a value, and the places within it.
  // NOLINTNEXTLINE(bugprone-exception-escape): to make or move a JSON value that owns nothing throws nothing
  struct Anchor {
    nlohmann::json value;
    std::string pointer;
    std::vector<const Entry*> entries;
    std::optional<std::string> text;  // of a scalar, as a key would be
  };

  void parse_all(std::string_view text) {
    if (may_hold_quotes(text)) {
      if (may_hold_block_scalars(text)) {
        Ignore ignore;
        parse(without_last_line_feeds(text), ignore);
      } else {
        text = without_last_line_feeds(text);
      }
    }
    parse(text, *this);
  }

  static Mark mark_of(const YAML::Mark& mark) { return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1}; }

  void problem(const YAML::Mark& mark, std::string message) { problem(mark_of(mark), std::move(message)); }
  void problem(const Mark& mark, std::string message) {
    problems_.push_back({Severity::error, {document_.name_, mark.line, mark.column}, std::move(message)});
  }

  void OnDocumentStart(const YAML::Mark&) override { ++documents_; }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    begin_node(mark, 1);
    if (takes_key("", mark)) return;
    add_scalar(nullptr, "", mark, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    begin_node(mark, 1);
    if (takes_key(text, mark)) {
      if (anchor != 0) anchors_[anchor] = {text, {}, {}, text};
      return;
    }
    const Tag kind = parse_tag(tag);
    if (kind == Tag::unknown) problem(mark, "the tag '" + tag + "' has no meaning here");
    add_scalar(kind == Tag::plain ? PlainScalar(text).value() : nlohmann::json(text), text, mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t name) override {
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      problem(mark, "this alias stands within what it is an alias of");
      throw Stop{};
    }
    const Anchor& anchor = found->second;
    begin_node(mark, 1 + anchor.entries.size());
    if (anchor.text && takes_key(*anchor.text, mark)) return;
    const std::string pointer = next_pointer();
    note_place(pointer, mark);
    for (const Entry* entry : anchor.entries) {
      note_place(pointer + entry->first.substr(anchor.pointer.size()), entry->second);
    }
    add(anchor.value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(nlohmann::json::array(), mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(nlohmann::json::object(), mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  /// Aliases make a small text expand to any size: hence the bound on nodes, checked before anything is copied.
  void begin_node(const YAML::Mark& mark, std::size_t nodes) {
    if (documents_ > 1) {
      problem(mark, "a second YAML document begins here; one file holds one document");
      throw Stop{};
    }
    nodes_ += nodes;
    if (nodes_ <= most_nodes) return;
    problem(mark, "expands to more than a million nodes");
    throw Stop{};
  }

  bool expects_key() const { return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().key; }

  /// Whether this scalar was a mapping's key.
  bool takes_key(const std::string& text, const YAML::Mark& mark) {
    if (!expects_key()) return false;
    Frame& frame = frames_.back();
    frame.key = text;
    frame.key_mark = mark_of(mark);
    frame.skips_value = frame.value.contains(text);
    if (frame.skips_value) problem(mark, "the key '" + text + "' stands here a second time");
    return true;
  }

  std::string next_pointer() const {
    if (frames_.empty()) return "";
    const Frame& frame = frames_.back();
    return frame.pointer + "/" + (frame.value.is_array() ? std::to_string(frame.value.size()) : escaped(*frame.key));
  }

  /// A member's place is its key's, which an editor looks for; any other node's is its own.
  void note_place(const std::string& pointer, const YAML::Mark& mark) {
    const bool is_member = !frames_.empty() && frames_.back().value.is_object();
    note_place(pointer, is_member ? frames_.back().key_mark : mark_of(mark));
  }
  void note_place(const std::string& pointer, const Mark& mark) {
    const auto [entry, is_new] = document_.places_.emplace(pointer, mark);
    if (is_new) entries_.push_back(&*entry);
  }

  void add_scalar(nlohmann::json value, const std::string& text, const YAML::Mark& mark, YAML::anchor_t anchor) {
    const std::string pointer = next_pointer();
    note_place(pointer, mark);
    if (anchor != 0) anchors_[anchor] = {value, pointer, {}, text};
    add(std::move(value));
  }

  void add(nlohmann::json value) {
    if (frames_.empty()) {
      document_.root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.value.is_array()) {
      frame.value.push_back(std::move(value));
      return;
    }
    if (!frame.skips_value) frame.value[*frame.key] = std::move(value);
    frame.key.reset();
    frame.skips_value = false;
  }

  void open(nlohmann::json empty, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    begin_node(mark, 1);
    if (frames_.size() > deepest) {
      problem(mark, "nested deeper than 100 levels");
      throw Stop{};
    }
    if (parse_tag(tag) == Tag::unknown) problem(mark, "the tag '" + tag + "' has no meaning here");
    const bool is_key = expects_key();
    if (is_key) problem(mark, "a key must be a plain text");
    Frame frame{std::move(empty), is_key ? "" : next_pointer(), anchor};
    frame.is_key = is_key;
    if (!is_key) note_place(frame.pointer, mark);
    frame.first_entry = entries_.size();
    frames_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.is_key) {
      frames_.back().key = "";
      frames_.back().skips_value = true;
      return;
    }
    if (frame.anchor != 0) {
      const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(frame.first_entry);
      anchors_[frame.anchor] = {frame.value, frame.pointer, {first, entries_.end()}, std::nullopt};
    }
    add(std::move(frame.value));
  }

  Document document_;
  std::vector<Problem> problems_;
  std::vector<Frame> frames_;                 // from the root down
  std::map<YAML::anchor_t, Anchor> anchors_;  // of complete nodes
  std::vector<const Entry*> entries_;         // of places_, in the order of the text
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
};

std::string to_string(const Problem& problem) {
  std::string text = problem.place.file;
  if (problem.place.line > 0) text += ":" + std::to_string(problem.place.line);
  if (problem.place.line > 0 && problem.place.column > 0) text += ":" + std::to_string(problem.place.column);
  if (!text.empty()) text += ": ";
  text += problem.severity == Severity::error ? "error: " : "warning: ";
  return text + problem.message;
}

Document::Outcome Document::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code ignored;
  if (!in || std::filesystem::is_directory(file, ignored)) {
    const std::string reason = in ? "is a directory" : std::strerror(errno);
    return {nullptr, {{Severity::error, {file.string(), 0, 0}, "can't be read: " + reason}}};
  }
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return parse(text, file.string());
}

Document::Outcome Document::parse(std::string_view text, std::string_view name) {
  return DocumentReader(name).read(text);
}

Place Document::place(const nlohmann::json::json_pointer& where) const {
  for (auto pointer = where;; pointer.pop_back()) {
    if (const auto found = places_.find(pointer.to_string()); found != places_.end()) {
      return {name_, found->second.line, found->second.column};
    }
    if (pointer.empty()) return {name_, 0, 0};
  }
}

}  // namespace pgw::contract
