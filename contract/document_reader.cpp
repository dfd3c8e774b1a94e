#include "contract/document_reader.h"

#include <algorithm>
#include <new>

#include "base/file.h"
#include "contract/json_tokens.h"
#include "contract/plain_scalar.h"
#include "contract/yaml_events.h"
#include "contract/yaml_text.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr std::size_t deepest = 100;
constexpr std::size_t most_nodes = 1'000'000;

/// Of a value that is nested no deeper than a document may be.
std::size_t count_nodes(const json& value) {
  std::size_t count = 1;
  for (const auto& child : value) count += child.is_structured() ? count_nodes(child) : 1;
  return count;
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

std::optional<Document> DocumentReader::read_file(const std::filesystem::path& file, std::vector<Problem>& problems) {
  const auto content = base::read_file(file);
  if (!content.failure.empty()) {
    problems.push_back({Severity::error, {file.string(), 0, 0}, "can't be read: " + content.failure});
    return std::nullopt;
  }
  auto document = DocumentReader(file.string(), problems).read(content.text);
  if (document) document->files_ = {file};
  return document;
}

std::optional<Document> DocumentReader::read(std::string_view text) {
  const auto before = static_cast<std::ptrdiff_t>(problems_.size());
  document_.names_ = {{0, name_}};
  try {
    if (is_json(text)) {
      parse_json(text);
    } else {
      if (const auto bad = find_bad_bytes(text)) stop(mark_at(text, bad->position), bad->message);
      parse_yaml(text);
    }
  } catch (const Stop&) {
    problems_.erase(problems_.begin() + before, problems_.end() - 1);
  }
  if (problems_.begin() + before != problems_.end()) return std::nullopt;
  return std::move(document_);
}

/// A text that is JSON already, token by token.
void DocumentReader::parse_json(std::string_view text) {
  JsonTokens tokens(text);
  while (const auto token = tokens.next()) {
    const Mark mark{token->line, token->column};
    switch (token->kind) {
      case JsonToken::Kind::open_object:
        open(json::object(), mark, {});
        break;
      case JsonToken::Kind::open_array:
        open(json::array(), mark, {});
        break;
      case JsonToken::Kind::close:
        close();
        break;
      case JsonToken::Kind::text:
        begin_node(mark, 1);
        if (expects_key()) {
          take_key(text_of(*token), mark, false);
        } else {
          add(text_of(*token), new_number(mark));
        }
        break;
      case JsonToken::Kind::other:
        begin_node(mark, 1);
        add(plain_scalar(token->text), new_number(mark));
        break;
    }
  }
  settle_addresses();
}

void DocumentReader::parse_yaml(std::string_view text) {
  EventStream events(text);
  for (;;) {
    const yaml_event_t* event = events.next();
    if (event == nullptr) {
      const yaml_parser_t& parser = events.parser();
      const bool is_of_bytes = parser.error == YAML_READER_ERROR;
      stop(is_of_bytes ? mark_at(text, parser.problem_offset) : mark_of(parser.problem_mark), words_for(parser));
    }
    if (event->type == YAML_STREAM_END_EVENT) break;
    take(*event);
  }
  settle_addresses();
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
      open_tagged(json::array(), event, event.data.sequence_start.tag, event.data.sequence_start.anchor);
      break;
    case YAML_MAPPING_START_EVENT:
      open_tagged(json::object(), event, event.data.mapping_start.tag, event.data.mapping_start.anchor);
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
    if (!anchor.empty()) anchors_[anchor] = {text, new_number(mark), 1, text};
    return;
  }
  YamlTag kind = is_plain(event) ? YamlTag::plain : YamlTag::text;
  if (scalar.tag != nullptr) kind = parse_tag(text_of(scalar.tag));
  if (kind == YamlTag::unknown) problem(mark, "the tag '" + text_of(scalar.tag) + "' has no meaning here");
  json value = kind == YamlTag::plain ? plain_scalar(text) : json(text);
  const Number number = new_number(mark);
  if (!anchor.empty()) anchors_[anchor] = {value, number, 1, text};
  add(std::move(value), number);
}

void DocumentReader::take_alias(const yaml_event_t& event) {
  const Mark mark = mark_of(event.start_mark);
  const std::string name = text_of(event.data.alias.anchor);
  if (stands_within(name)) stop(mark, "this alias stands within what it is an alias of");
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) stop(mark, "there is no anchor '&" + name + "' before this alias");
  const Anchor& anchor = found->second;
  if (expects_key()) {
    begin_node(mark, 1);
    if (anchor.text) {
      take_key(*anchor.text, mark, false);
    } else {
      skip_key(mark);
    }
    return;
  }
  begin_node(mark, anchor.nodes);
  const Number number = new_number(mark);
  document_.origins_[number] = {.node = anchor.number};
  add(anchor.value, number);
}

void DocumentReader::open_tagged(json empty, const yaml_event_t& event, const yaml_char_t* tag,
                                 const yaml_char_t* anchor) {
  const Mark mark = mark_of(event.start_mark);
  if (tag != nullptr && parse_tag(text_of(tag)) == YamlTag::unknown) {
    problem(mark, "the tag '" + text_of(tag) + "' has no meaning here");
  }
  open(std::move(empty), mark, text_of(anchor));
}

void DocumentReader::open(json empty, const Mark& mark, std::string anchor) {
  const std::size_t nodes_before = nodes_;
  begin_node(mark, 1);
  if (frames_.size() > deepest) stop(mark, "nested deeper than 100 levels");
  const bool is_key = expects_key();
  if (is_key) skip_key(mark);
  Frame frame{.value = std::move(empty), .number = new_number(mark), .anchor = std::move(anchor)};
  frame.nodes_before = nodes_before;
  frame.is_key = is_key;
  frames_.push_back(std::move(frame));
}

void DocumentReader::close() {
  for (const Merge& source : frames_.back().merges) merge(frames_.back(), source);
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.is_key) return;
  if (frame.value.is_array()) {  // now that none is added, its items stay where they are
    for (std::size_t i = 0; i < frame.items.size(); ++i) {
      document_.addresses_.emplace_back(&frame.value[i], frame.items[i]);
    }
  }
  if (!frame.anchor.empty()) {
    const std::size_t nodes = frame.merges.empty() ? nodes_ - frame.nodes_before : count_nodes(frame.value);
    anchors_[frame.anchor] = {frame.value, frame.number, nodes, std::nullopt};
  }
  add(std::move(frame.value), frame.number, frame.items);
}

void DocumentReader::problem(const Mark& mark, std::string message) {
  problems_.push_back({Severity::error, {name_, mark.line, mark.column}, std::move(message)});
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

/// A member's place is its key's, which an editor looks for; any other node's is its own.
DocumentReader::Number DocumentReader::new_number(const Mark& mark) {
  const bool is_member = !frames_.empty() && frames_.back().value.is_object() && frames_.back().key;
  document_.marks_.push_back(is_member ? frames_.back().key_mark : mark);
  return static_cast<Number>(document_.marks_.size() - 1);
}

void DocumentReader::take_key(const std::string& text, const Mark& mark, bool is_merge) {
  Frame& frame = frames_.back();
  frame.key = text;
  frame.key_mark = mark;
  frame.merges_value = is_merge;
  frame.skips_value = is_merge ? !frame.merges.empty() : frame.value.contains(text);
  if (frame.skips_value) problem(mark, "the key '" + text + "' stands here a second time");
}

/// A list or a mapping where a key should be: the value that follows has no key.
void DocumentReader::skip_key(const Mark& mark) {
  Frame& frame = frames_.back();
  problem(mark, "a key must be a plain text");
  frame.key = "";
  frame.key_mark = mark;
  frame.skips_value = true;
  frame.merges_value = false;
}

bool DocumentReader::stands_within(const std::string& anchor) const {
  return std::ranges::any_of(frames_, [&anchor](const Frame& frame) { return frame.anchor == anchor; });
}

void DocumentReader::add(json value, Number number, const std::vector<Number>& items) {
  if (frames_.empty()) {
    document_.root_ = std::move(value);
    return;
  }
  Frame& frame = frames_.back();
  if (frame.value.is_array()) {
    frame.value.push_back(std::move(value));
    frame.items.push_back(number);
    return;
  }
  if (frame.merges_value) {
    add_merge(frame, std::move(value), number, items);
  } else if (!frame.skips_value) {
    json& member = frame.value[*frame.key];
    member = std::move(value);
    document_.addresses_.emplace_back(&member, number);
  }
  frame.key.reset();
  frame.skips_value = frame.merges_value = false;
}

void DocumentReader::add_merge(Frame& frame, json value, Number number, const std::vector<Number>& items) {
  const json& source = document_.merged_.emplace_back(std::move(value));
  document_.addresses_.emplace_back(&source, number);
  const auto add_one = [&](const json& mapping, Number its_number) {
    if (mapping.is_object()) {
      frame.merges.push_back({&mapping, its_number});
    } else {
      problem(frame.key_mark, "the merge key '<<' takes a mapping, or a list of mappings");
    }
  };
  if (!source.is_array()) return add_one(source, number);
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (items.empty()) {  // of an alias: its items have no numbers, and stand where the merge key does
      document_.addresses_.emplace_back(&source[i], new_number(frame.key_mark));
      add_one(source[i], document_.addresses_.back().second);
    } else {
      add_one(source[i], items[i]);
    }
  }
}

/// What the mapping says itself goes before what it merges, and what was merged first before what comes later.
void DocumentReader::merge(Frame& frame, const Merge& source) {
  for (const auto& [key, value] : source.value->items()) {
    if (frame.value.contains(key)) continue;
    json& member = frame.value[key];
    member = value;
    const Number number = new_number({});
    document_.origins_[number] = {.node = source.number, .key = key};
    document_.addresses_.emplace_back(&member, number);
  }
}

/// Once nothing moves any more: places are looked up by address.
void DocumentReader::settle_addresses() {
  auto& addresses = document_.addresses_;
  if (!document_.origins_.empty()) {
    std::vector<const json*> by_number(document_.marks_.size());
    for (const auto& [address, number] : addresses) by_number[number] = address;
    for (auto& [number, origin] : document_.origins_) origin.value = by_number[origin.node];
  }
  std::ranges::sort(addresses);
}

}  // namespace pgw::contract
