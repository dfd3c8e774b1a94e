#include "contract/document.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

#include <yaml-cpp/yaml.h>

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
    if (looks_like_float()) return std::strtod(text_.c_str(), nullptr);
    return text_;
  }

 private:
  std::optional<std::int64_t> as_integer() const {
    std::string_view digits = text_;
    int base = 10;
    if (digits.starts_with("0x")) base = 16;
    if (digits.starts_with("0o")) base = 8;
    if (base != 10) digits.remove_prefix(2);
    if (base == 10 && digits.starts_with('+')) digits.remove_prefix(1);
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

}  // namespace

/// Turns yaml-cpp's nodes into JSON, and notes each node's place.
class DocumentReader {
 public:
  explicit DocumentReader(std::string_view name) { document_.name_ = name; }

  Document::Outcome read(std::string_view text) {
    try {
      const auto documents = YAML::LoadAll(std::string(text));
      if (documents.size() > 1) {
        problem(documents[1].Mark(), "a second YAML document begins here; one file holds one document");
      } else if (!documents.empty()) {
        document_.root_ = convert(documents.front(), "", 0);
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

  nlohmann::json convert(const YAML::Node& node, const std::string& pointer, int depth) {
    if (!problems_.empty() && nodes_ > most_nodes) return nullptr;
    if (++nodes_ > most_nodes || depth > deepest) {
      problem(node.Mark(), depth > deepest ? "nested deeper than 100 levels" : "expands to more than a million nodes");
      nodes_ = most_nodes + 1;
      return nullptr;
    }
    document_.places_.emplace(pointer, place(node.Mark()));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return node.Tag() == "?" ? PlainScalar(node.Scalar()).value() : nlohmann::json(node.Scalar());
      case YAML::NodeType::Sequence:
        return convert_sequence(node, pointer, depth);
      case YAML::NodeType::Map:
        return convert_mapping(node, pointer, depth);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        return nullptr;
    }
    return nullptr;
  }

  nlohmann::json convert_sequence(const YAML::Node& node, const std::string& pointer, int depth) {
    auto array = nlohmann::json::array();
    for (const auto& item : node) {
      array.push_back(convert(item, pointer + "/" + std::to_string(array.size()), depth + 1));
    }
    return array;
  }

  nlohmann::json convert_mapping(const YAML::Node& node, const std::string& pointer, int depth) {
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
      object[key] = convert(member.second, child, depth + 1);
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
