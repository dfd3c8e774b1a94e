#include "contract/document.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>

#include "contract/document_reader.h"

namespace pgw::contract {

namespace {

/// Null without such a member or item.
const nlohmann::json* child_of(const nlohmann::json& value, const std::string& name) {
  if (value.is_object()) {
    const auto found = value.find(name);
    return found == value.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool is_index = value.is_array() && error == std::errc{} && end == name.data() + name.size();
  return is_index && index < value.size() ? &value[index] : nullptr;
}

}  // namespace

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

std::optional<std::uint32_t> Document::number_of(const nlohmann::json& value) const {
  const auto found = std::ranges::lower_bound(addresses_, &value, std::less<>(),
                                              &std::pair<const nlohmann::json*, std::uint32_t>::first);
  return found == addresses_.end() || found->first != &value ? std::nullopt : std::optional(found->second);
}

Document::Spot Document::spot_of(const nlohmann::json& value) const {
  const nlohmann::json* at = &value;
  for (;;) {
    const auto number = number_of(*at);
    if (!number) return {};
    const auto found = origins_.find(*number);
    if (found == origins_.end()) return {at, marks_[*number]};
    const Origin& origin = found->second;
    if (!origin.key) return {origin.value == nullptr ? at : origin.value, marks_[*number]};
    // What is merged may be an alias, whose children's places are those of its origin.
    const auto alias = origins_.find(origin.node);
    at = &(alias == origins_.end() ? origin.value : alias->second.value)->at(*origin.key);
  }
}

Place Document::place(const nlohmann::json::json_pointer& where) const {
  std::vector<std::string> names;
  for (auto pointer = where; !pointer.empty(); pointer.pop_back()) names.push_back(pointer.back());
  Spot spot{&root_, marks_.empty() ? Mark{} : marks_.front()};
  for (; !names.empty(); names.pop_back()) {
    const nlohmann::json* const child = child_of(*spot.value, names.back());
    const Spot next = child == nullptr ? Spot{} : spot_of(*child);
    if (next.value == nullptr) break;
    spot = next;
  }
  return {name_, spot.mark.line, spot.mark.column};
}

}  // namespace pgw::contract
