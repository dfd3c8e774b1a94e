#include "contract/document.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "contract/document_reader.h"
#include "contract/document_tree.h"

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

/// A message without what it quotes.
std::string kind_of_warning(std::string_view message) {
  std::string kind;
  while (!message.empty()) {
    const auto start = message.find('\'');
    const auto end = start == std::string_view::npos ? start : message.find('\'', start + 1);
    if (end == std::string_view::npos) break;
    kind.append(message.substr(0, start)).append("''");
    message.remove_prefix(end + 1);
  }
  return kind.append(message);
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

std::vector<Problem> summed_up(std::span<const Problem> problems) {
  std::vector<Problem> kinds;
  std::map<std::string, std::pair<std::size_t, std::size_t>, std::less<>> warnings;  // by kind: where in `kinds`, count
  for (const auto& problem : problems) {
    if (problem.severity == Severity::warning) {
      const auto [known, is_new] = warnings.try_emplace(kind_of_warning(problem.message), kinds.size(), 0);
      ++known->second.second;
      if (!is_new) continue;
    }
    kinds.push_back(problem);
  }
  for (const auto& [kind, first_and_count] : warnings) {
    const auto& [first, count] = first_and_count;
    if (count > 1) kinds[first].message += " (and " + std::to_string(count - 1) + " more of this kind)";
  }
  return kinds;
}

Document::Outcome Document::read(const std::filesystem::path& file) {
  std::vector<Problem> problems;
  auto document = DocumentReader::read_file(file, problems);
  if (!document) return {nullptr, std::move(problems)};
  return {std::make_shared<const Document>(*std::move(document)), {}};
}

Document::Outcome Document::read_tree(const std::filesystem::path& file) {
  return DocumentTree(file).read();
}

Document::Outcome Document::parse(std::string_view text, std::string_view name) {
  std::vector<Problem> problems;
  auto document = DocumentReader(name, problems).read(text);
  if (!document) return {nullptr, std::move(problems)};
  return {std::make_shared<const Document>(*std::move(document)), {}};
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
    if (found == origins_.end()) return {at, *number};
    const Origin& origin = found->second;
    if (!origin.key) return {origin.value == nullptr ? at : origin.value, *number};
    // What is merged may be an alias, whose children's places are those of its origin.
    const auto alias = origins_.find(origin.node);
    at = &(alias == origins_.end() ? origin.value : alias->second.value)->at(*origin.key);
  }
}

Place Document::place(std::uint32_t number) const {
  if (marks_.empty()) return {names_.front().second, 0, 0};
  auto name = std::ranges::upper_bound(names_, number, {}, &std::pair<std::uint32_t, std::string>::first);
  const std::string& file = (name == names_.begin() ? name : --name)->second;
  return {file, marks_[number].line, marks_[number].column};
}

/// Without a value: nothing is known there.
Document::Spot Document::next_spot(const Spot& spot, const std::string& name) const {
  const nlohmann::json* const child = child_of(*spot.value, name);
  if (child == nullptr) return {};
  const Spot next = spot_of(*child);
  // The folder of all other files stands in none.
  const bool is_folder = next.value == nullptr && child->is_object() && &root_ == spot.value;
  return is_folder ? Spot{child, spot.number} : next;
}

Document::Spot Document::spot_at(const nlohmann::json::json_pointer& where) const {
  std::vector<std::string> names;
  for (auto pointer = where; !pointer.empty(); pointer.pop_back()) names.push_back(pointer.back());
  Spot spot{&root_, 0};
  for (; !names.empty(); names.pop_back()) {
    const Spot next = next_spot(spot, names.back());
    if (next.value == nullptr) break;
    spot = next;
  }
  return spot;
}

std::vector<std::string> Document::names_in_order(const nlohmann::json::json_pointer& where) const {
  struct Member {
    Mark mark;
    const std::string* name;
  };
  const Spot spot = spot_at(where);
  const auto& object = root_.at(where).get_ref<const nlohmann::json::object_t&>();
  std::vector<Member> members;
  members.reserve(object.size());
  for (const auto& [name, value] : object) {
    const Spot member = next_spot(spot, name);
    const auto number = member.value == nullptr ? spot.number : member.number;
    members.push_back({marks_.empty() ? Mark{} : marks_[number], &name});
  }
  std::ranges::stable_sort(members, {},
                           [](const Member& member) { return std::pair(member.mark.line, member.mark.column); });
  std::vector<std::string> names;
  names.reserve(members.size());
  for (const auto& member : members) names.push_back(*member.name);
  return names;
}

void Document::take_in(Document other, nlohmann::json& place) {
  if (other.marks_.empty()) other.marks_.emplace_back();
  const auto offset = static_cast<std::uint32_t>(marks_.size());
  place = std::move(other.root_);
  files_.insert(files_.end(), other.files_.begin(), other.files_.end());
  names_.emplace_back(offset, other.names_.front().second);
  marks_.insert(marks_.end(), other.marks_.begin(), other.marks_.end());
  addresses_.emplace_back(&place, offset);
  for (const auto& [address, number] : other.addresses_) addresses_.emplace_back(address, number + offset);
  for (auto& [number, origin] : other.origins_) {
    origins_[number + offset] = {origin.node + offset, std::move(origin.key), origin.value};
  }
  merged_.splice(merged_.end(), other.merged_);
}

}  // namespace pgw::contract
