#include "contract/parameters.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "contract/spelt_object.h"

namespace pgw::contract {
namespace {

/// Null without one.
const Pair* last_of(std::span<const Pair> pairs, std::string_view name) {
  const Pair* last = nullptr;
  for (const auto& pair : pairs) {
    if (pair.first == name) last = &pair;
  }
  return last;
}

/// The elements of a header that is a list, over all of its lines (RFC 9110 section 5.6.1).
std::vector<std::string_view> header_elements(std::span<const Pair> lines) {
  std::vector<std::string_view> elements;
  for (const auto& [name, line] : lines) {
    for (const auto part : split(line, ',')) {
      if (const auto element = base::trim(part); !element.empty()) elements.push_back(element);
    }
  }
  return elements;
}

std::vector<std::string_view> values_of(std::span<const Pair> pairs, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, text] : pairs) {
    if (key == name) values.push_back(text);
  }
  return values;
}

/// The values of a parameter that is a list; nullopt when it is absent.
std::optional<std::vector<std::string_view>> elements_of(const Parameter& parameter, Location location,
                                                         std::span<const Pair> pairs) {
  if (last_of(pairs, parameter.name) == nullptr) return std::nullopt;
  if (parameter.style == Style::repeated) return values_of(pairs, parameter.name);
  if (location == Location::header) return header_elements(pairs);
  const char separator = parameter.style == Style::space_separated  ? ' '
                         : parameter.style == Style::pipe_separated ? '|'
                                                                    : ',';
  return split(last_of(pairs, parameter.name)->second, separator);
}

Members declared_members(std::span<const Pair> pairs, const FormMembers& declared) {
  Members members;
  for (const auto& pair : pairs) {
    if (declared.declared.contains(pair.first)) members.emplace_back(pair);
  }
  return members;
}

/// "R,100,G,200": a name without a value has an empty one.
Members flat_members(std::string_view text) {
  Members members;
  const auto elements = split(text, ',');
  for (std::size_t i = 0; i < elements.size(); i += 2) {
    members.emplace_back(elements[i], i + 1 < elements.size() ? elements[i + 1] : std::string_view());
  }
  return members;
}

/// "R=100,G=200".
Members paired_members(std::string_view text) {
  Members members;
  for (const auto element : split(text, ',')) {
    const auto equals = element.find('=');
    members.emplace_back(element.substr(0, equals),
                         equals == std::string_view::npos ? std::string_view() : element.substr(equals + 1));
  }
  return members;
}

/// The members of a parameter that is an object; none when it is absent.
Members members_of(const Parameter& parameter, std::span<const Pair> pairs) {
  if (parameter.style == Style::deep_object) return deep_members(pairs, parameter.name);
  if (parameter.style == Style::spread_object) return declared_members(pairs, *parameter.members);
  const Pair* const pair = last_of(pairs, parameter.name);
  if (pair == nullptr) return {};
  return parameter.style == Style::flat_object ? flat_members(pair->second) : paired_members(pair->second);
}

void check_json_text(const Parameter& parameter, std::string_view text, const Trail& trail, const Reading& reading,
                     std::vector<Violation>& out) {
  const auto value =
      json_text_at(text, {std::string(trail.parent->name), std::string(trail.name)}, reading.coercion, out);
  if (value && parameter.schema != nullptr) check_value(*parameter.schema, value->root(), &trail, reading, out);
}

/// False: the parameter is absent.
bool check_text(const Parameter& parameter, Location location, std::span<const Pair> pairs, const Trail& trail,
                const Reading& reading, std::vector<Violation>& out) {
  const Pair* const last = last_of(pairs, parameter.name);
  if (last == nullptr) return false;
  // FastAPI takes the last of a query's values, and the first of a header's.
  const auto text = location == Location::header ? pairs.front().second : last->second;
  if (parameter.allow_empty && text.empty()) return true;
  if (parameter.style == Style::json) {
    check_json_text(parameter, text, trail, reading, out);
  } else if (parameter.schema != nullptr) {
    check_value(*parameter.schema, JsonValue::spelt(text), &trail, reading, out);
  }
  return true;
}

bool check_list(const Parameter& parameter, Location location, std::span<const Pair> pairs, const Trail& trail,
                const Reading& reading, std::vector<Violation>& out) {
  const auto elements = elements_of(parameter, location, pairs);
  if (elements && parameter.schema != nullptr) {
    check_value(*parameter.schema, list_of(*elements).root(), &trail, reading, out);
  }
  return elements.has_value();
}

/// Whether nothing at all may stand for an empty object, as it does where each member is a parameter of its own.
bool may_be_empty(const Parameter& parameter, const JsonTape& empty, const Reading& reading) {
  const bool is_spread = parameter.style == Style::spread_object || parameter.style == Style::deep_object;
  if (!is_spread || !parameter.required || parameter.schema == nullptr) return false;
  std::vector<Violation> violations;
  check_value(*parameter.schema, empty.root(), nullptr, reading, violations);
  return violations.empty();
}

bool check_members(const Parameter& parameter, std::span<const Pair> pairs, const Trail& trail, const Reading& reading,
                   std::vector<Violation>& out) {
  const auto members = members_of(parameter, pairs);
  const auto object = object_of(members, *parameter.members);
  if (members.empty()) return may_be_empty(parameter, object, reading);
  if (parameter.schema != nullptr) check_value(*parameter.schema, object.root(), &trail, reading, out);
  return true;
}

bool is_present_and_checked(const Parameter& parameter, Location location, std::span<const Pair> pairs,
                            const Trail& trail, const Reading& reading, std::vector<Violation>& out) {
  switch (parameter.style) {
    case Style::text:
    case Style::json:
      return check_text(parameter, location, pairs, trail, reading, out);
    case Style::repeated:
    case Style::comma_separated:
    case Style::space_separated:
    case Style::pipe_separated:
      return check_list(parameter, location, pairs, trail, reading, out);
    case Style::spread_object:
    case Style::flat_object:
    case Style::paired_object:
    case Style::deep_object:
      return check_members(parameter, pairs, trail, reading, out);
  }
  return false;
}

/// Whether a list's values may stand in several pairs, each under the list's name.
bool may_come_again(const Parameter& parameter, Location location) {
  return parameter.style == Style::repeated ||
         (location == Location::header && parameter.style == Style::comma_separated);
}

/// Reports a parameter that holds one value, or an object with such a member, and comes twice.
void report_repetition(const Parameter& parameter, Location location, std::span<const Pair> pairs,
                       std::vector<Violation>& out) {
  const std::vector<LocPart> where{std::string(to_string(location)), parameter.name};
  if (parameter.style == Style::spread_object || parameter.style == Style::deep_object) {
    return report_twins(members_of(parameter, pairs), *parameter.members, where, out);
  }
  const Pair* const last = last_of(pairs, parameter.name);
  if (last == nullptr) return;
  if (!may_come_again(parameter, location) && std::ranges::count(pairs, parameter.name, &Pair::first) > 1) {
    out.push_back(repetition_at(where));
  }
  if (parameter.style == Style::flat_object || parameter.style == Style::paired_object) {
    report_twins(members_of(parameter, pairs), *parameter.members, where, out);
  }
}

}  // namespace

void check_parameter(const Parameter& parameter, Location location, std::span<const Pair> pairs, const Reading& reading,
                     std::vector<Violation>& out) {
  const Trail root{nullptr, to_string(location)};
  const Trail trail{&root, parameter.name};
  if (reading.coercion == Coercion::none) report_repetition(parameter, location, pairs, out);
  if (is_present_and_checked(parameter, location, pairs, trail, reading, out) || !parameter.required) return;
  out.push_back({{std::string(root.name), parameter.name}, "field required", "value_error.missing", nullptr});
}

}  // namespace pgw::contract
