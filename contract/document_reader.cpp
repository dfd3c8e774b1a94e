#include "contract/document_reader.h"

#include <algorithm>
#include <iterator>
#include <new>

#include "contract/plain_scalar.h"
#include "contract/yaml_text.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr std::size_t deepest = 100;
constexpr std::size_t most_nodes = 1'000'000;

/// libyaml's parser over a text that must outlive it.
class EventStream {
 public:
  explicit EventStream(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~EventStream() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Null when the text has a mistake. Valid until the next call.
  const yaml_event_t* next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) != 0 ? &event_ : nullptr;
  }

  const yaml_parser_t& parser() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

/// Null is an empty text.
std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

bool is_plain(const yaml_event_t& scalar) {
  return scalar.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/// How a scalar with this tag is read.
enum class Tag { plain, text, unknown };

Tag parse_tag(const std::string& tag) {
  static constexpr std::string_view core = "tag:yaml.org,2002:";
  if (tag == "!") return Tag::text;  // the non-specific tag of YAML 1.2 section 6.9.1
  if (!tag.starts_with(core)) return Tag::unknown;
  const auto name = std::string_view(tag).substr(core.size());
  if (name == "str") return Tag::text;
  const bool is_typed = name == "int" || name == "float" || name == "bool" || name == "null";
  return is_typed || name == "map" || name == "seq" ? Tag::plain : Tag::unknown;
}

/// `key` as one reference token of a JSON pointer (RFC 6901 section 3).
std::string escaped(std::string_view key) {
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

std::string words_for(const yaml_parser_t& parser) {
  std::string words = parser.problem != nullptr ? parser.problem : "this can't be read";
  if (parser.context == nullptr) return words;
  words.append(" ").append(parser.context);
  return words + " that begins in line " + std::to_string(parser.context_mark.line + 1);
}

}  // namespace

DocumentReader::Mark DocumentReader::mark_of(const yaml_mark_t& mark) {
  return {1 + static_cast<int>(mark.line), 1 + static_cast<int>(mark.column)};
}

DocumentReader::Mark DocumentReader::mark_at(std::string_view text, std::size_t position) {
  const auto before = text.substr(0, position);
  const auto line = before.substr(before.rfind('\n') + 1);
  const auto characters =
      std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return {1 + static_cast<int>(std::ranges::count(before, '\n')), 1 + static_cast<int>(characters)};
}

Document::Outcome DocumentReader::read(std::string_view text) {
  try {
    if (const auto bad = find_bad_bytes(text)) stop(mark_at(text, bad->position), bad->message);
    const auto translated = json_in_yaml_terms(text);
    parse(translated ? *translated : text);
  } catch (const Stop&) {
    problems_.erase(problems_.begin(), problems_.end() - 1);
  }
  if (!problems_.empty()) return {nullptr, std::move(problems_)};
  return {std::make_shared<const Document>(std::move(document_)), {}};
}

void DocumentReader::parse(std::string_view text) {
  EventStream events(text);
  for (;;) {
    const yaml_event_t* event = events.next();
    if (event == nullptr) {
      const yaml_parser_t& parser = events.parser();
      const bool is_of_bytes = parser.error == YAML_READER_ERROR;
      stop(is_of_bytes ? mark_at(text, parser.problem_offset) : mark_of(parser.problem_mark), words_for(parser));
    }
    if (event->type == YAML_STREAM_END_EVENT) return;
    take(*event);
  }
}

void DocumentReader::take(const yaml_event_t& event) {
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      ++documents_;
      break;
    case YAML_SCALAR_EVENT:
      take_scalar(event);
      break;
    case YAML_ALIAS_EVENT:
      take_alias(event);
      break;
    case YAML_SEQUENCE_START_EVENT:
      open(json::array(), event, event.data.sequence_start.tag, event.data.sequence_start.anchor);
      break;
    case YAML_MAPPING_START_EVENT:
      open(json::object(), event, event.data.mapping_start.tag, event.data.mapping_start.anchor);
      break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      close();
      break;
    default:
      break;
  }
}

void DocumentReader::take_scalar(const yaml_event_t& event) {
  const Mark mark = mark_of(event.start_mark);
  const auto& scalar = event.data.scalar;
  begin_node(mark, 1);
  const std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
  const std::string anchor = text_of(scalar.anchor);
  if (expects_key()) {
    take_key(text, mark, text == "<<" && is_plain(event) && scalar.tag == nullptr);
    if (!anchor.empty()) anchors_[anchor] = {{text, {}, {}}, text};
    return;
  }
  Tag kind = is_plain(event) ? Tag::plain : Tag::text;
  if (scalar.tag != nullptr) kind = parse_tag(text_of(scalar.tag));
  if (kind == Tag::unknown) problem(mark, "the tag '" + text_of(scalar.tag) + "' has no meaning here");
  json value = kind == Tag::plain ? plain_scalar(text) : json(text);
  const std::string pointer = next_pointer();
  note_node(pointer, mark);
  if (!anchor.empty()) anchors_[anchor] = {{value, pointer, {}}, text};
  add(std::move(value));
}

void DocumentReader::take_alias(const yaml_event_t& event) {
  const Mark mark = mark_of(event.start_mark);
  const std::string name = text_of(event.data.alias.anchor);
  if (stands_within(name)) stop(mark, "this alias stands within what it is an alias of");
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) stop(mark, "there is no anchor '&" + name + "' before this alias");
  const Anchor& anchor = found->second;
  begin_node(mark, 1 + anchor.source.entries.size());
  if (anchor.text && expects_key()) {
    take_key(*anchor.text, mark, false);
    return;
  }
  const std::string pointer = next_pointer();
  note_node(pointer, mark);
  for (const Entry* entry : anchor.source.entries) {
    note_place(pointer + entry->first.substr(anchor.source.pointer.size()), entry->second);
  }
  add(anchor.source.value);
}

void DocumentReader::open(json empty, const yaml_event_t& event, const yaml_char_t* tag, const yaml_char_t* anchor) {
  const Mark mark = mark_of(event.start_mark);
  begin_node(mark, 1);
  if (frames_.size() > deepest) stop(mark, "nested deeper than 100 levels");
  if (tag != nullptr && parse_tag(text_of(tag)) == Tag::unknown) {
    problem(mark, "the tag '" + text_of(tag) + "' has no meaning here");
  }
  const bool is_key = expects_key();
  if (is_key) problem(mark, "a key must be a plain text");
  Frame frame{std::move(empty), is_key ? "" : next_pointer(), text_of(anchor)};
  frame.is_key = is_key;
  if (!is_key) note_node(frame.pointer, mark);
  frame.first_entry = entries_.size();
  frames_.push_back(std::move(frame));
}

void DocumentReader::close() {
  for (const Source& source : frames_.back().merges) merge(frames_.back(), source);
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.is_key) {
    frames_.back().key = "";
    frames_.back().skips_value = true;
    return;
  }
  if (!frame.anchor.empty()) {
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(frame.first_entry);
    anchors_[frame.anchor] = {{frame.value, frame.pointer, {first, entries_.end()}}, std::nullopt};
  }
  add(std::move(frame.value));
}

void DocumentReader::problem(const Mark& mark, std::string message) {
  problems_.push_back({Severity::error, {document_.name_, mark.line, mark.column}, std::move(message)});
}

void DocumentReader::stop(const Mark& mark, std::string message) {
  problem(mark, std::move(message));
  throw Stop{};
}

/// Aliases make a small text expand to any size: hence the bound on nodes, checked before anything is copied.
void DocumentReader::begin_node(const Mark& mark, std::size_t nodes) {
  if (documents_ > 1) stop(mark, "a second YAML document begins here; one file holds one document");
  nodes_ += nodes;
  if (nodes_ > most_nodes) stop(mark, "expands to more than a million nodes");
}

void DocumentReader::take_key(const std::string& text, const Mark& mark, bool is_merge) {
  Frame& frame = frames_.back();
  frame.key = text;
  frame.key_mark = mark;
  frame.merges_value = is_merge;
  frame.first_merge_entry = entries_.size();
  frame.skips_value = is_merge ? !frame.merges.empty() : frame.value.contains(text);
  if (frame.skips_value) problem(mark, "the key '" + text + "' stands here a second time");
}

bool DocumentReader::stands_within(const std::string& anchor) const {
  return std::ranges::any_of(frames_, [&anchor](const Frame& frame) { return frame.anchor == anchor; });
}

std::string DocumentReader::next_pointer() const {
  if (frames_.empty()) return "";
  const Frame& frame = frames_.back();
  return frame.pointer + "/" + (frame.value.is_array() ? std::to_string(frame.value.size()) : escaped(*frame.key));
}

/// A member's place is its key's, which an editor looks for; any other node's is its own.
void DocumentReader::note_node(const std::string& pointer, const Mark& mark) {
  const bool is_member = !frames_.empty() && frames_.back().value.is_object();
  note_place(pointer, is_member ? frames_.back().key_mark : mark);
}

void DocumentReader::note_place(const std::string& pointer, const Mark& mark) {
  const auto [entry, is_new] = document_.places_.emplace(pointer, mark);
  if (is_new) entries_.push_back(&*entry);
}

void DocumentReader::add(json value) {
  if (frames_.empty()) {
    document_.root_ = std::move(value);
    return;
  }
  Frame& frame = frames_.back();
  if (frame.value.is_array()) {
    frame.value.push_back(std::move(value));
    return;
  }
  if (frame.merges_value) {
    add_merge(frame, std::move(value));
  } else if (!frame.skips_value) {
    frame.value[*frame.key] = std::move(value);
  }
  frame.key.reset();
  frame.skips_value = frame.merges_value = false;
}

void DocumentReader::add_merge(Frame& frame, json value) {
  const std::string pointer = next_pointer();
  const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(frame.first_merge_entry);
  const std::vector<const Entry*> entries(first, entries_.end());
  const bool is_list = value.is_array();
  if (!is_list) value = json::array({std::move(value)});
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_object()) {
      problem(frame.key_mark, "the merge key '<<' takes a mapping, or a list of mappings");
      return;
    }
    frame.merges.push_back({std::move(value[i]), is_list ? pointer + "/" + std::to_string(i) : pointer, entries});
  }
}

/// What the mapping says itself goes before what it merges, and what was merged first before what comes later.
void DocumentReader::merge(Frame& frame, const Source& source) {
  for (const auto& [key, value] : source.value.items()) {
    if (frame.value.contains(key)) continue;
    frame.value[key] = value;
    const std::string from = source.pointer + "/" + escaped(key);
    const std::string to = frame.pointer + "/" + escaped(key);
    for (const Entry* entry : source.entries) {
      const std::string& pointer = entry->first;
      const bool is_of_value =
          pointer.starts_with(from) && (pointer.size() == from.size() || pointer[from.size()] == '/');
      if (is_of_value) note_place(to + pointer.substr(from.size()), entry->second);
    }
  }
}

}  // namespace pgw::contract
