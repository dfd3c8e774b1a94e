// The table of settings: what one row is, and how rows make up the sections of a file. Internal to config/.
//
// A row says once what a setting is called, which field it fills, of what type it is within which limits, and what it
// does. The schema that a file is checked against, the loader, `/config` and the reference page all come from the rows.
// The default is the field's initial value; redaction is the type's (`SecretValue` never tells its value).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/reader.h"
#include "config/setting_types.h"

namespace pgw::config {

/// A line of the reference page.
struct SettingPage {
  std::string name;      ///< "limits.idle_timeout", "cache.rules.OPERATION.ttl"
  std::string type;      ///< "duration, at least 1ms"
  std::string standard;  ///< the default as the file would say it; empty: none
  std::string text;      ///< what it does
};

template <typename Object>
struct Setting {
  std::string name;
  nlohmann::json schema;
  bool required = false;
  std::function<void(const Section&, Object&)> read;  ///< `Section` is the mapping that holds the setting
  std::function<nlohmann::json(const Object&)> tell;  ///< null: has no value, and is left out
  std::vector<SettingPage> pages;
};

/// The settings of one mapping.
template <typename Object>
class Table {
 public:
  Table(std::initializer_list<Setting<Object>> rows) : rows_(rows) {}  // NOLINT: reads as the mapping that it describes

  nlohmann::json schema() const {
    auto properties = nlohmann::json::object();
    auto needed = nlohmann::json::array();
    for (const auto& row : rows_) {
      properties[row.name] = row.schema;
      if (row.required) needed.push_back(row.name);
    }
    nlohmann::json out{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (!needed.empty()) out["required"] = std::move(needed);
    return out;
  }

  void read(const Section& section, Object& into) const {
    for (const auto& row : rows_) row.read(section, into);
  }

  /// In the shape of the file, without secrets.
  nlohmann::json tell(const Object& object) const {
    auto out = nlohmann::json::object();
    for (const auto& row : rows_) {
      if (auto value = row.tell(object); !value.is_null()) out[row.name] = std::move(value);
    }
    return out;
  }

  /// Every row below `prefix` ("upstream."), those of inner mappings included.
  std::vector<SettingPage> pages(const std::string& prefix) const {
    std::vector<SettingPage> out;
    for (const auto& row : rows_) {
      for (auto page : row.pages) {
        page.name.insert(0, prefix);
        out.push_back(std::move(page));
      }
    }
    return out;
  }

  bool has_required() const {
    return std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.required; });
  }

 private:
  std::vector<Setting<Object>> rows_;
};

namespace detail {

template <typename Type, typename Value>
void read_value(const Type& type, const Section& section, std::string_view key, Value& into) {
  if (section.has(key)) type.read(section, key, into);
}
template <typename Type, typename Value>
void read_value(const Type& type, const Section& section, std::string_view key, std::optional<Value>& into) {
  if (!section.has(key)) return;
  Value value{};
  type.read(section, key, value);
  if (section.has(key)) into = std::move(value);  // no error was reported
}

template <typename Type, typename Value>
nlohmann::json tell_value(const Type& type, const Value& value) {
  return type.tell(value);
}
template <typename Type, typename Value>
nlohmann::json tell_value(const Type& type, const std::optional<Value>& value) {
  return value ? type.tell(*value) : nlohmann::json();
}

/// A value as a file would say it on one line.
inline std::string inline_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

template <typename Value>
inline constexpr bool is_optional = false;
template <typename Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

}  // namespace detail

/// One setting. `standard` stands on the page where the default is no value of the field.
template <typename Object, typename Field, typename Type>
Setting<Object> row(const std::string& name, Field Object::*field, const Type& type, const std::string& text,
                    std::string standard = "") {
  if (standard.empty()) standard = detail::inline_text(detail::tell_value(type, Object{}.*field));
  return {name,
          type.schema(),
          false,
          [=](const Section& section, Object& object) { detail::read_value(type, section, name, object.*field); },
          [=](const Object& object) { return detail::tell_value(type, object.*field); },
          {{name, type.text(), std::move(standard), text}}};
}

/// A setting that a file must have.
template <typename Object>
Setting<Object> required(Setting<Object> row) {
  row.required = true;
  if (row.pages.size() == 1) row.pages.front().standard = "(must be given)";
  return row;
}

/// A mapping of settings. Where `field` is optional, it is set when the file has the mapping.
template <typename Object, typename Field, typename Inner>
Setting<Object> section(const std::string& name, Field Object::*field, const Table<Inner>& table) {
  Setting<Object> out{name, table.schema(), !detail::is_optional<Field> && table.has_required(), {}, {}, {}};
  out.pages = table.pages(name + ".");
  out.read = [=](const Section& outer, Object& object) {
    if constexpr (detail::is_optional<Field>) {
      if (outer.has(name)) table.read(outer.at(name), (object.*field).emplace());
    } else {
      table.read(outer.at(name), object.*field);
    }
  };
  out.tell = [=](const Object& object) -> nlohmann::json {
    if constexpr (detail::is_optional<Field>) {
      return object.*field ? table.tell(*(object.*field)) : nlohmann::json();
    } else {
      return table.tell(object.*field);
    }
  };
  return out;
}

/// A list of mappings of settings.
template <typename Object, typename Inner>
Setting<Object> list_of(const std::string& name, std::vector<Inner> Object::*field, const Table<Inner>& table) {
  Setting<Object> out{name, {{"type", "array"}, {"items", table.schema()}}, false, {}, {}, {}};
  out.pages = table.pages(name + "[].");
  out.read = [=](const Section& outer, Object& object) {
    const auto* list = outer.find(name);
    const std::size_t count = list != nullptr && list->is_array() ? list->size() : 0;
    for (std::size_t i = 0; i < count; ++i) {
      table.read(outer.at(name).at(std::to_string(i)), (object.*field).emplace_back());
    }
  };
  out.tell = [=](const Object& object) {
    auto list = nlohmann::json::array();
    for (const auto& inner : object.*field) list.push_back(table.tell(inner));
    return list;
  };
  return out;
}

/// A mapping of names that the operator chooses to mappings of settings. `stands_for` says what such a name is.
template <typename Object, typename Inner>
Setting<Object> by_name(const std::string& name, std::map<std::string, Inner, std::less<>> Object::*field,
                        const std::string& stands_for, const Table<Inner>& table) {
  Setting<Object> out{name, {{"type", "object"}, {"additionalProperties", table.schema()}}, false, {}, {}, {}};
  out.pages = table.pages(name + "." + stands_for + ".");
  out.read = [=](const Section& outer, Object& object) {
    const Section all = outer.at(name);
    for (const auto& key : all.keys()) table.read(all.at(key), (object.*field)[key]);
  };
  out.tell = [=](const Object& object) {
    auto all = nlohmann::json::object();
    for (const auto& [key, inner] : object.*field) all[key] = table.tell(inner);
    return all;
  };
  return out;
}

}  // namespace pgw::config
