// What schemas say of lists and objects.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "contract/edit_distance.h"
#include "contract/validator.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

/// A text that two values share exactly if they are equal, 1 and 1.0 included.
void append_canonical(std::string& out, const JsonValue& value) {
  const auto append_text = [&out](std::string_view text) {
    out.append(std::to_string(text.size())).append(":").append(text);
  };
  if (value.is_object()) {
    std::vector<const JsonValue*> members;
    for (const auto& member : value) members.push_back(&member);
    std::ranges::sort(members, {}, [](const JsonValue* member) { return member->name(); });
    out += '{';
    for (const auto* member : members) {
      append_text(member->name());
      append_canonical(out, *member);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto& item : value) append_canonical(out, item);
    out += ']';
  } else if (value.is_string()) {
    append_text(value.text());
  } else if (const auto number = number_of(value, false); number && number->whole) {
    out += std::to_string(*number->whole) + ' ';
  } else {
    out += value.to_json().dump() + ' ';
  }
}

bool has_duplicates(const JsonValue& array) {
  std::unordered_set<std::string> seen;
  return std::any_of(array.begin(), array.end(), [&seen](const JsonValue& item) {
    std::string text;
    append_canonical(text, item);
    return !seen.insert(std::move(text)).second;
  });
}

/// An object's members by name: those of a few are searched one by one, those of many by hash, so that a body's cost
/// stays in proportion to its size whatever the number of properties.
class ObjectMembers {
 public:
  explicit ObjectMembers(const JsonValue& object) : object_(object) {
    constexpr std::size_t few = 32;
    if (object.size() <= few) return;
    by_name_.reserve(object.size());
    for (const auto& member : object) by_name_.emplace(member.name(), &member);
  }

  const JsonValue* find(std::string_view name) const {
    if (by_name_.empty()) return object_.find(name);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  const JsonValue& object_;
  std::unordered_map<std::string_view, const JsonValue*> by_name_;
};

bool declares(const SchemaNode& unresolved, std::string_view name) {
  const SchemaNode& schema = unresolved.resolved();
  return schema.find_property(name) != nullptr ||
         std::ranges::any_of(schema.all_of, [&](const SchemaNode* part) { return declares(*part, name); });
}

/// Only looks among the first properties: a body of thousands that nobody declared is no slip.
std::string missing_message(const SchemaNode& whole, std::string_view name, const JsonValue& object) {
  constexpr int most_looked_at = 50;
  int looked_at = 0;
  for (const auto& member : object) {
    if (++looked_at > most_looked_at) break;
    const auto given = member.name();
    if (!declares(whole, given) && is_likely_slip(given, name)) {
      return std::string("field required (did you mean '").append(name).append("' instead of '").append(given) + "'?)";
    }
  }
  return "field required";
}

}  // namespace

void Validator::check_list(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& list,
                           const Trail* trail) {
  const bool is_object = may_stand_for_object(list) && schema.type != JsonType::array;
  if (is_object && whole.is_always(JsonType::object)) {
    check_object(schema, whole, list, trail);
  } else {
    check_array(schema, list, trail);
  }
}

/// Of a list that is too long, or has duplicates, the items are not looked at, as in pydantic.
void Validator::check_array(const SchemaNode& schema, const JsonValue& array, const Trail* trail) {
  if (!check_size("items", "list", array.size(), schema.min_items, schema.max_items, trail)) return;
  if (schema.unique_items && has_duplicates(array)) {
    complain(trail, [] { return Complaint{"the list has duplicated items", "value_error.list.unique_items"}; });
    return;
  }
  if (schema.items == nullptr) return;
  std::int64_t index = 0;
  for (const auto& item : array) {
    if (is_done()) return;
    const Trail here{trail, {}, index++};
    check(*schema.items, item, &here);
  }
}

void Validator::check_object(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& object,
                             const Trail* trail) {
  const ObjectMembers members(object);
  for (const auto& property : schema.properties) {
    const Trail here{trail, property.name};
    const JsonValue* const value = members.find(property.name);
    if (value == nullptr) {
      if (!is_required(whole, property)) continue;
      complain(&here, [&] { return Complaint{missing_message(whole, property.name, object), "value_error.missing"}; });
      continue;
    }
    // The generator of the document drops `nullable` from optional properties, so null stands for their absence.
    if (value->is_null() && reading_.null_is_absence && !is_required(whole, property)) continue;
    if (property.schema != nullptr) check(*property.schema, *value, &here);
  }
  const bool anything_goes = schema.additional_allowed && schema.additional == nullptr;
  if (!anything_goes) check_additional(schema, object, trail);
  check_size("properties", "dict", object.size(), schema.min_properties, schema.max_properties, trail);
}

bool Validator::check_size(const char* what, const char* of, std::size_t size, std::optional<std::size_t> least,
                           std::optional<std::size_t> most, const Trail* trail) {
  const auto complain_of = [&](const char* words, const char* side, std::size_t limit) {
    return complain(trail, [&]() -> Complaint {
      return {std::string("ensure this value has ") + words + " " + std::to_string(limit) + " " + what,
              std::string("value_error.") + of + "." + side + "_" + what,
              {{"limit_value", limit}}};
    });
  };
  if (least && size < *least) return complain_of("at least", "min", *least);
  if (most && size > *most) return complain_of("at most", "max", *most);
  return true;
}

bool Validator::is_required(const SchemaNode& whole, const SchemaNode::Property& property) const {
  return property.required && !travels_only_the_other_way(whole, property.name);
}

/// `whole`: all that is said of the object, since one part of an allOf may require what another declares.
bool Validator::travels_only_the_other_way(const SchemaNode& unresolved, const std::string& name) const {
  const SchemaNode& whole = unresolved.resolved();
  const auto is_other_way = [this](const SchemaNode& node) {
    return reading_.direction == Direction::request ? node.read_only : node.write_only;
  };
  const auto* property = whole.find_property(name);
  // Of a property that refers to its schema, the flag stands there.
  const bool is_flagged = property != nullptr && property->schema != nullptr &&
                          (is_other_way(*property->schema) || is_other_way(property->schema->resolved()));
  return is_flagged || std::ranges::any_of(whole.all_of, [&](const SchemaNode* part) {
           return travels_only_the_other_way(*part, name);
         });
}

void Validator::check_additional(const SchemaNode& schema, const JsonValue& object, const Trail* trail) {
  std::vector<std::string_view> not_permitted;
  for (const auto& member : object) {
    const auto* property = schema.find_property(member.name());
    // A name that is only required is not declared.
    if (property != nullptr && property->schema != nullptr) continue;
    if (schema.additional != nullptr) {
      const Trail here{trail, member.name()};
      check(*schema.additional, member, &here);
    } else {
      not_permitted.push_back(member.name());
    }
  }
  // pydantic tells them in this order.
  std::ranges::sort(not_permitted);
  for (const auto name : not_permitted) {
    const Trail here{trail, name};
    complain(&here, [] { return Complaint{"extra fields not permitted", "value_error.extra"}; });
  }
}

}  // namespace pgw::contract
