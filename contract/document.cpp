#include "contract/document.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "contract/utf8.h"

namespace pgw::contract {
namespace {

constexpr int deepest = 100;
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
/// swallow the rest of a file; without the line feed it throws, as it should.
void find_open_scalar(std::string_view text) {
  class Ignore final : public YAML::EventHandler {
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
  if (!text.ends_with('\n') || text.find_first_of("'\"") == std::string_view::npos) return;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  Ignore ignore;
  while (parser.HandleNextDocument(ignore)) {
  }
}

}  // namespace

/// Turns yaml-cpp's nodes into JSON, and notes each node's place.
class DocumentReader {
 public:
  explicit DocumentReader(std::string_view name) { document_.name_ = name; }

  Document::Outcome read(std::string_view text) {
    if (const auto bad = find_bad_bytes(text)) {
      return {nullptr, {{Severity::error, place_of(text, bad->position, document_.name_), bad->message}}};
    }
    try {
      const std::string yaml = is_json_with_surrogates(text) ? join_surrogates(text) : std::string(text);
      find_open_scalar(yaml);
      const auto documents = YAML::LoadAll(yaml);
      if (documents.size() > 1) {
        problem(documents[1].Mark(), "a second YAML document begins here; one file holds one document");
      } else if (!documents.empty() && is_small_enough(documents.front(), 0)) {
        document_.root_ = convert(documents.front(), "");
      }
    } catch (const YAML::Exception& error) {
      problem(error.mark, error.msg);
    }
    if (!problems_.empty()) return {nullptr, std::move(problems_)};
    return {std::make_shared<const Document>(std::move(document_)), {}};
  }

 private:
  Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {document_.name_, 0, 0};
    return {document_.name_, mark.line + 1, mark.column + 1};
  }

  void problem(const YAML::Mark& mark, std::string message) {
    problems_.push_back({Severity::error, place(mark), std::move(message)});
  }

  /// Whether a node fits the bounds. Run before anything is built, since aliases make a small text expand to any size.
  bool is_small_enough(const YAML::Node& node, int depth) {
    if (++nodes_ > most_nodes || depth > deepest) {
      problem(node.Mark(), depth > deepest ? "nested deeper than 100 levels" : "expands to more than a million nodes");
      return false;
    }
    for (const auto& child : node) {
      if (!is_small_enough(node.IsMap() ? child.second : child, depth + 1)) return false;
    }
    return true;
  }

  nlohmann::json convert(const YAML::Node& node, const std::string& pointer) {
    document_.places_.emplace(pointer, place(node.Mark()));
    const Tag tag = parse_tag(node.Tag());
    if (tag == Tag::unknown) problem(node.Mark(), "the tag '" + node.Tag() + "' has no meaning here");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return tag == Tag::plain ? PlainScalar(node.Scalar()).value() : nlohmann::json(node.Scalar());
      case YAML::NodeType::Sequence:
        return convert_sequence(node, pointer);
      case YAML::NodeType::Map:
        return convert_mapping(node, pointer);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        return nullptr;
    }
    return nullptr;
  }

  nlohmann::json convert_sequence(const YAML::Node& node, const std::string& pointer) {
    auto array = nlohmann::json::array();
    for (const auto& item : node) {
      array.push_back(convert(item, pointer + "/" + std::to_string(array.size())));
    }
    return array;
  }

  nlohmann::json convert_mapping(const YAML::Node& node, const std::string& pointer) {
    auto object = nlohmann::json::object();
    for (const auto& member : node) {
      if (!member.first.IsScalar()) {
        problem(member.first.Mark(), "a key must be a plain text");
        continue;
      }
      const std::string& key = member.first.Scalar();
      if (object.contains(key)) {
        problem(member.first.Mark(), "the key '" + key + "' stands here a second time");
        continue;
      }
      const std::string child = pointer + "/" + escaped(key);
      object[key] = convert(member.second, child);
      // A scalar's or a mapping's own mark is where its value begins; its key is what an editor looks for.
      document_.places_[child] = place(member.first.Mark());
    }
    return object;
  }

  Document document_;
  std::vector<Problem> problems_;
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
    if (const auto found = places_.find(pointer.to_string()); found != places_.end()) return found->second;
    if (pointer.empty()) return {name_, 0, 0};
  }
}

}  // namespace pgw::contract
