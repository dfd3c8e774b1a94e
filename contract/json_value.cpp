#include "contract/json_value.h"

#include <unordered_map>

namespace pgw::contract {

using nlohmann::json;

double JsonValue::number() const {
  switch (kind_) {
    case Kind::integer:
      return static_cast<double>(content_.integer);
    case Kind::unsigned_integer:
      return static_cast<double>(content_.unsigned_integer);
    default:
      return content_.decimal;
  }
}

JsonValue::Iterator JsonValue::begin() const {
  return {this + 1, this + span_};
}

JsonValue::Iterator JsonValue::end() const {
  return {this + span_, this + span_};
}

const JsonValue* JsonValue::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  for (const auto& member : *this) {
    if (member.name() == name) return &member;
  }
  return nullptr;
}

json JsonValue::to_json() const {
  switch (kind_) {
    case Kind::null:
    case Kind::unread:
      return nullptr;
    case Kind::boolean:
      return content_.boolean;
    case Kind::integer:
      return content_.integer;
    case Kind::unsigned_integer:
      return content_.unsigned_integer;
    case Kind::decimal:
      return content_.decimal;
    case Kind::string:
      return text();
    case Kind::array: {
      json array = json::array();
      for (const auto& item : *this) array.push_back(item.to_json());
      return array;
    }
    case Kind::object: {
      json object = json::object();
      for (const auto& member : *this) object[std::string(member.name())] = member.to_json();
      return object;
    }
  }
  return nullptr;
}

JsonTape JsonTape::of(const json& value) {
  JsonTape tape;
  tape.add_json(value, {});
  return tape;
}

void JsonTape::add(JsonValue value, std::string_view name) {
  value.name_ = name.data();
  value.name_size_ = static_cast<std::uint32_t>(name.size());
  values_.push_back(value);
}

std::size_t JsonTape::open(JsonValue::Kind kind, std::string_view name) {
  JsonValue value;
  value.kind_ = kind;
  add(value, name);
  return values_.size() - 1;
}

void JsonTape::close(std::size_t opened) {
  JsonValue& value = values_[opened];
  value.span_ = static_cast<std::uint32_t>(values_.size() - opened);
  value.size_ = static_cast<std::size_t>(std::distance(value.begin(), value.end()));
  if (value.is_object()) drop_overridden(value);
}

void JsonTape::drop_overridden(JsonValue& object) {
  constexpr std::size_t few = 12;  // more are looked up by hash, so that a body's cost stays in proportion to its size
  std::unordered_map<std::string_view, JsonValue*> last;
  std::size_t dropped = 0;
  JsonValue* const end = &object + object.span_;
  const auto drop = [&dropped](JsonValue& member) {
    member.is_overridden_ = true;
    ++dropped;
  };
  for (JsonValue* member = &object + 1; member != end; member += member->span_) {
    if (object.size_ > few) {
      auto& twin = last[member->name()];
      if (twin != nullptr) drop(*twin);
      twin = member;
      continue;
    }
    for (JsonValue* twin = &object + 1; twin != member; twin += twin->span_) {
      if (!twin->is_overridden_ && twin->name() == member->name()) drop(*twin);
    }
  }
  object.size_ -= dropped;
  has_repeated_key_ = has_repeated_key_ || dropped > 0;
}

std::vector<LocPart> JsonTape::path_to_repeated_key() const {
  std::vector<LocPart> path;
  find_repeated_key(root(), path);
  return path;
}

bool JsonTape::find_repeated_key(const JsonValue& within, std::vector<LocPart>& path) const {
  std::int64_t index = 0;
  const JsonValue* const end = &within + within.span_;
  for (const JsonValue* value = &within + 1; value < end; value += value->span_, ++index) {
    path.push_back(within.is_object() ? LocPart(std::string(value->name())) : LocPart(index));
    if (value->is_overridden_ || find_repeated_key(*value, path)) return true;
    path.pop_back();
  }
  return false;
}

void JsonTape::take_in(JsonTape other, std::string_view name) {
  const std::size_t first = values_.size();
  values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  values_[first].name_ = name.data();
  values_[first].name_size_ = static_cast<std::uint32_t>(name.size());
  for (auto& room : other.rooms_) rooms_.push_back(std::move(room));
  has_repeated_key_ = has_repeated_key_ || other.has_repeated_key_;
}

char* JsonTape::room(std::size_t size) {
  // Not make_unique: it would clear what is about to be written.
  return rooms_.emplace_back(new char[size]).get();
}

void JsonTape::add_json(const json& value, std::string_view name) {
  if (value.is_structured()) {
    const auto opened = open(value.is_array() ? JsonValue::Kind::array : JsonValue::Kind::object, name);
    for (const auto& [key, child] : value.items()) add_json(child, value.is_object() ? std::string_view(key) : "");
    close(opened);
  } else if (value.is_string()) {
    add(JsonValue(std::string_view(value.get_ref<const std::string&>())), name);
  } else if (value.is_boolean()) {
    add(JsonValue(value.get<bool>()), name);
  } else if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) {
    add(JsonValue(value.get<std::uint64_t>()), name);
  } else if (value.is_number_integer()) {
    add(JsonValue(value.get<std::int64_t>()), name);
  } else if (value.is_number()) {
    add(JsonValue(value.get<double>()), name);
  } else {
    add(JsonValue(), name);
  }
}

}  // namespace pgw::contract
