#include "contract/parameters.h"

#include <algorithm>

#include "contract/json_body.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_encoding =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (is_encoding) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

const std::string* last_value(const FormPairs& pairs, std::string_view name) {
  const std::string* value = nullptr;
  for (const auto& [key, text] : pairs) {
    if (key == name) value = &text;
  }
  return value;
}

json split_list(std::string_view text, std::string_view separator) {
  json list = json::array();
  for (;;) {
    const auto end = text.find(separator);
    list.push_back(std::string(text.substr(0, end)));
    if (end == std::string_view::npos) return list;
    text.remove_prefix(end + separator.size());
  }
}

json all_values(const FormPairs& pairs, std::string_view name) {
  json list = json::array();
  for (const auto& [key, text] : pairs) {
    if (key == name) list.push_back(text);
  }
  return list;
}

json separated(const FormPairs& pairs, std::string_view name, std::string_view separator) {
  const std::string* value = last_value(pairs, name);
  return value == nullptr ? json() : split_list(*value, separator);
}

/// The elements of a header that is a list, over all of its lines (RFC 9110 section 5.6.1).
json header_list(const FormPairs& pairs) {
  json list = json::array();
  for (const auto& [name, line] : pairs) {
    for (const auto& element : split_list(line, ",")) {
      const auto& text = element.get_ref<const std::string&>();
      const auto first = text.find_first_not_of(" \t");
      if (first != std::string::npos) list.push_back(text.substr(first, text.find_last_not_of(" \t") - first + 1));
    }
  }
  return pairs.empty() ? json() : list;
}

FormPairs deep_members(const FormPairs& pairs, std::string_view name) {
  FormPairs members;
  for (const auto& [key, text] : pairs) {
    const bool is_member =
        key.size() > name.size() + 2 && key.starts_with(name) && key[name.size()] == '[' && key.back() == ']';
    if (is_member) members.emplace_back(key.substr(name.size() + 1, key.size() - name.size() - 2), text);
  }
  return members;
}

FormPairs declared_members(const FormPairs& pairs, const SchemaNode& schema) {
  FormPairs members;
  for (const auto& pair : pairs) {
    if (schema.resolved().find_property(pair.first) != nullptr) members.push_back(pair);
  }
  return members;
}

/// "R,100,G,200": a name without a value has an empty one.
FormPairs flat_members(std::string_view text) {
  FormPairs members;
  bool is_name = true;
  for (const auto& element : split_list(text, ",")) {
    if (is_name) {
      members.emplace_back(element.get<std::string>(), "");
    } else {
      members.back().second = element.get<std::string>();
    }
    is_name = !is_name;
  }
  return members;
}

/// "R=100,G=200".
FormPairs paired_members(std::string_view text) {
  FormPairs members;
  for (const auto& element : split_list(text, ",")) {
    const auto& pair = element.get_ref<const std::string&>();
    const auto equals = pair.find('=');
    members.emplace_back(pair.substr(0, equals), equals == std::string::npos ? "" : pair.substr(equals + 1));
  }
  return members;
}

json object_of(const Parameter& parameter, const FormPairs& pairs) {
  const std::string* value = last_value(pairs, parameter.name);
  FormPairs members;
  if (parameter.style == Style::deep_object) {
    members = deep_members(pairs, parameter.name);
  } else if (parameter.style == Style::spread_object) {
    members = declared_members(pairs, *parameter.schema);
  } else if (value != nullptr) {
    members = parameter.style == Style::flat_object ? flat_members(*value) : paired_members(*value);
  }
  return members.empty() ? json() : form_object(members, parameter.schema);
}

/// The parameter's value as JSON texts; null when it is absent.
json value_of(const Parameter& parameter, Location location, const FormPairs& pairs) {
  switch (parameter.style) {
    case Style::text:
    case Style::json: {
      // FastAPI takes the last of a query's values, and the first of a header's.
      const std::string* value = last_value(pairs, parameter.name);
      if (value == nullptr) return {};
      return location == Location::header ? pairs.front().second : *value;
    }
    case Style::repeated: {
      auto list = all_values(pairs, parameter.name);
      return list.empty() ? json() : list;
    }
    case Style::comma_separated:
      return location == Location::header ? header_list(pairs) : separated(pairs, parameter.name, ",");
    case Style::space_separated:
      return separated(pairs, parameter.name, " ");
    case Style::pipe_separated:
      return separated(pairs, parameter.name, "|");
    case Style::spread_object:
    case Style::flat_object:
    case Style::paired_object:
    case Style::deep_object:
      return object_of(parameter, pairs);
  }
  return {};
}

void check_json_text(const Parameter& parameter, const std::string& text, const std::vector<LocPart>& loc,
                     std::vector<Violation>& out) {
  Violation violation;
  const auto value = parse_json_body(text, violation);
  if (!value) {
    violation.loc = loc;
    out.push_back(std::move(violation));
  } else if (parameter.schema != nullptr) {
    check_value(*parameter.schema, *value, loc, {}, out);
  }
}

/// A plain text is right whatever it is: the usual case, worth no JSON value.
bool takes_any_text(const SchemaNode* unresolved) {
  if (unresolved == nullptr) return true;
  const SchemaNode& schema = unresolved->resolved();
  return schema.type == JsonType::string && !schema.enumeration && !schema.min_length && !schema.max_length &&
         !schema.format && schema.pattern == nullptr && schema.all_of.empty() && schema.any_of.empty() &&
         schema.one_of.empty() && schema.negated == nullptr;
}

}  // namespace

FormPairs parse_form(std::string_view text) {
  FormPairs pairs;
  while (!text.empty()) {
    const auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    pairs.emplace_back(decode_form(pair.substr(0, equals)),
                       equals == std::string_view::npos ? std::string() : decode_form(pair.substr(equals + 1)));
  }
  return pairs;
}

void check_parameter(const Parameter& parameter, Location location, const FormPairs& pairs,
                     std::vector<Violation>& out) {
  const bool is_trivial = parameter.style == Style::text && takes_any_text(parameter.schema);
  if (is_trivial && (!parameter.required || last_value(pairs, parameter.name) != nullptr)) return;

  const json value = value_of(parameter, location, pairs);
  const std::vector<LocPart> loc{std::string(to_string(location)), parameter.name};
  if (value.is_null()) {
    if (parameter.required) out.push_back({loc, "field required", "value_error.missing", nullptr});
  } else if (parameter.allow_empty && value.is_string() && value.get_ref<const std::string&>().empty()) {
    return;
  } else if (parameter.style == Style::json) {
    check_json_text(parameter, value.get_ref<const std::string&>(), loc, out);
  } else if (parameter.schema != nullptr) {
    check_value(*parameter.schema, value, loc, {}, out);
  }
}

json form_object(const FormPairs& pairs, const SchemaNode* schema) {
  json object = json::object();
  for (const auto& [key, text] : pairs) {
    const auto* property = schema == nullptr ? nullptr : schema->resolved().find_property(key);
    const bool is_list =
        property != nullptr && property->schema != nullptr && property->schema->resolved().type == JsonType::array;
    if (is_list) {
      object[key].push_back(text);
    } else {
      object[key] = text;
    }
  }
  return object;
}

}  // namespace pgw::contract
