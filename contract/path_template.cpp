#include "contract/path_template.h"

#include <algorithm>

#include "contract/router.h"

namespace pgw::contract {
namespace {

constexpr const char* not_encoded = "is not percent-encoded as a path must be";

/// Takes "{name}" from the front of `text`, and what follows it up to the next parameter. Returns what is wrong.
std::string take_parameter(std::string_view& text, std::string& name, std::string& literal) {
  const auto close = text.find('}');
  if (close == std::string_view::npos || close < 2) return "needs parameters of the form '{name}'";
  name.append(text.substr(1, close - 1));
  text.remove_prefix(close + 1);
  const auto raw = text.substr(0, text.find('{'));
  text.remove_prefix(raw.size());
  if (raw.find('}') != std::string_view::npos) return "has a '}' without its '{'";
  return decode_segment(raw, literal) ? std::string() : not_encoded;
}

}  // namespace

ParsedSegment parse_segment(std::string_view text) {
  PathSegment segment;
  const auto first = text.substr(0, text.find('{'));
  text.remove_prefix(first.size());
  segment.is_parameter = !text.empty();
  if (first.find('}') != std::string_view::npos) return {{}, "has a '}' without its '{'"};
  if (!decode_segment(first, segment.is_parameter ? segment.before : segment.text)) return {{}, not_encoded};
  if (segment.text == "." || segment.text == "..") return {{}, "is a step within the path, which no request can hold"};
  while (!text.empty()) {
    std::string literal;
    if (auto problem = take_parameter(text, segment.text, literal); !problem.empty()) return {{}, std::move(problem)};
    if (text.empty()) {
      segment.after = std::move(literal);
    } else if (literal.empty()) {
      return {{}, "has nothing between two parameters: nobody could tell where one ends"};
    } else {
      segment.text.append("}").append(literal).append("{");
      segment.between.push_back(std::move(literal));
    }
  }
  return {std::move(segment), {}};
}

bool is_out_of_reach(std::string_view path_template) {
  bool is_name = false;
  return std::ranges::any_of(path_template, [&is_name](char c) {
    is_name = c == '{' || (is_name && c != '}');
    return !is_name && (c == '?' || c == '#');
  });
}

std::vector<std::string_view> parameter_names(const PathSegment& segment) {
  std::vector<std::string> between = segment.between;
  for (auto& literal : between) literal.insert(0, 1, '}').push_back('{');
  return split_value(segment.text, between);
}

std::vector<std::string_view> split_value(std::string_view value, const std::vector<std::string>& between) {
  std::vector<std::string_view> parts;
  for (const auto& literal : between) {
    const auto end = value.find(literal, 1);
    if (end == std::string_view::npos) return {};
    parts.push_back(value.substr(0, end));
    value.remove_prefix(end + literal.size());
  }
  if (value.empty()) return {};
  parts.push_back(value);
  return parts;
}

}  // namespace pgw::contract
