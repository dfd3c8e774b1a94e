// What schemas say of lists and objects.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/edit_distance.h"
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
    if (!declares(whole, given) && base::is_likely_slip(given, name)) {
      return std::string("field required (did you mean '").append(name).append("' instead of '").append(given) + "'?)";
    }
  }
  return "field required";
}

}  // namespace

Fit Validator::check_list(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& list,
                          const Trail* trail) {
  const bool is_object = may_stand_for_object(list) && schema.type() != JsonType::array;
  return is_object && whole.is_always(JsonType::object) ? check_object(schema, whole, list, trail)
                                                        : check_array(schema, list, trail);
}

/// Of a list that is too long, or has duplicates, the items are not looked at, as in pydantic.
Fit Validator::check_array(const SchemaNode& schema, const JsonValue& array, const Trail* trail) {
  if (check_size("items", "list", array.size(), schema.min_items, schema.max_items, trail) == Fit::no) return Fit::no;
  if (schema.unique_items && has_duplicates(array)) {
    return complain(trail, [] { return Complaint{"the list has duplicated items", "value_error.list.unique_items"}; });
  }
  Fit fit = check_items(schema, array, trail);
  if (schema.rare != nullptr && schema.rare->contains != nullptr && !is_settled(fit)) {
    fit = both(fit, check_contains(*schema.rare, array, trail));
  }
  return fit;
}

Fit Validator::check_items(const SchemaNode& schema, const JsonValue& array, const Trail* trail) {
  const std::size_t prefix = schema.rare == nullptr ? 0 : schema.rare->prefix_items.size();
  if (schema.items == nullptr && prefix == 0) return Fit::yes;
  Fit fit = Fit::yes;
  std::int64_t index = 0;
  for (const auto& item : array) {
    const auto at = static_cast<std::size_t>(index);
    const SchemaNode* const described = at < prefix ? schema.rare->prefix_items[at] : schema.items;
    if (described == nullptr || is_done() || is_settled(fit)) return fit;
    const Trail here{trail, {}, index++};
    fit = both(fit, check(*described, item, &here));
  }
  return fit;
}

Fit Validator::check_contains(const SchemaNode::Rare& rare, const JsonValue& array, const Trail* trail) {
  std::size_t found = 0;
  std::size_t possible = 0;
  std::int64_t index = 0;
  for (const auto& item : array) {
    const Trail here{trail, {}, index++};
    const Fit fit = fits(*rare.contains, item, &here, How::as_it_stands);
    found += fit == Fit::yes ? 1 : 0;
    possible += fit == Fit::no ? 0 : 1;
  }
  const auto complain_of = [&](const char* words, const char* type, std::size_t limit) {
    return complain(trail, [&]() -> Complaint {
      return {std::string("ensure this value has ") + words + " " + std::to_string(limit) +
                  " items of the kind that it must contain",
              std::string("value_error.list.") + type,
              {{"limit_value", limit}}};
    });
  };
  if (possible < rare.min_contains) return complain_of("at least", "min_contains", rare.min_contains);
  if (rare.max_contains && found > *rare.max_contains) {
    return complain_of("at most", "max_contains", *rare.max_contains);
  }
  const bool is_certain = found >= rare.min_contains && (!rare.max_contains || possible <= *rare.max_contains);
  return is_certain ? Fit::yes : Fit::unknown;
}

Fit Validator::check_object(const SchemaNode& schema, const SchemaNode& whole, const JsonValue& object,
                            const Trail* trail) {
  const ObjectMembers members(object);
  Fit fit = Fit::yes;
  for (const auto& property : schema.properties) {
    if (is_settled(fit)) return fit;
    const Trail here{trail, property.name};
    const JsonValue* const value = members.find(property.name);
    if (value == nullptr) {
      if (!is_required(whole, property)) continue;
      fit = complain(&here, [&] {
        return Complaint{missing_message(whole, property.name, object), "value_error.missing"};
      });
      continue;
    }
    // The generator of pydantic's documents drops `nullable` from optional properties: null stands for their absence.
    if (value->is_null() && null_is_absence_ && !is_required(whole, property)) continue;
    if (property.schema != nullptr) fit = both(fit, check(*property.schema, *value, &here));
  }
  if (is_settled(fit)) return fit;
  const bool anything_goes = schema.additional_allowed && schema.additional == nullptr && schema.rare == nullptr;
  if (!anything_goes) fit = both(fit, check_members(schema, object, trail));
  return both(fit,
              check_size("properties", "dict", object.size(), schema.min_properties, schema.max_properties, trail));
}

/// What is said of members by their names, but for those that the schema names.
Fit Validator::check_members(const SchemaNode& schema, const JsonValue& object, const Trail* trail) {
  Fit fit = Fit::yes;
  std::vector<std::string_view> not_permitted;
  for (const auto& member : object) {
    if (is_settled(fit)) return fit;
    const Trail here{trail, member.name()};
    if (schema.rare != nullptr && schema.rare->property_names != nullptr) {
      fit = both(fit, check_name(*schema.rare->property_names, member.name(), &here));
    }
    const auto* property = schema.find_property(member.name());
    // A name that is only required is not declared.
    Fit is_described = fit_if(property != nullptr && property->schema != nullptr);
    fit = both(fit, check_patterns(schema, member, &here, is_described));
    if (is_described == Fit::no && !schema.additional_allowed) {
      not_permitted.push_back(member.name());
    } else {
      fit = both(fit, check_further(schema, member, &here, is_described));
    }
  }
  // pydantic tells them in this order.
  std::ranges::sort(not_permitted);
  for (const auto name : not_permitted) {
    const Trail here{trail, name};
    fit = complain(&here, [] { return Complaint{"extra fields not permitted", "value_error.extra"}; });
  }
  return fit;
}

/// `is_described` becomes whether one of the patterns describes the member, if nothing else does.
Fit Validator::check_patterns(const SchemaNode& schema, const JsonValue& member, const Trail* trail,
                              Fit& is_described) {
  Fit fit = Fit::yes;
  if (schema.rare == nullptr) return fit;
  for (const auto& property : schema.rare->pattern_properties) {
    const Fit is_meant = occurs(property.pattern.get(), member.name(), trail);
    is_described = either(is_described, is_meant);
    if (is_meant == Fit::yes) {
      fit = both(fit, check(*property.schema, member, trail));
    } else if (is_meant == Fit::unknown && fits(*property.schema, member, trail, How::as_read) != Fit::yes) {
      fit = both(fit, Fit::unknown);
    }
  }
  return fit;
}

/// What additionalProperties says of a member that nothing else describes, or of which that isn't known.
Fit Validator::check_further(const SchemaNode& schema, const JsonValue& member, const Trail* trail, Fit is_described) {
  if (is_described == Fit::yes) return Fit::yes;
  if (!schema.additional_allowed) return Fit::unknown;
  if (schema.additional == nullptr) return Fit::yes;
  if (is_described == Fit::no) return check(*schema.additional, member, trail);
  return fits(*schema.additional, member, trail, How::as_read) == Fit::yes ? Fit::yes : Fit::unknown;
}

/// A name is a value that stands nowhere in the object: verdicts on it are not kept beyond this check.
Fit Validator::check_name(const SchemaNode& names, std::string_view name, const Trail* trail) {
  Verdicts others = std::exchange(verdicts_, {});
  const JsonValue value(name);
  const Fit fit = check(names, value, trail);
  verdicts_ = std::move(others);
  return fit;
}

Fit Validator::check_size(const char* what, const char* of, std::size_t size, std::optional<std::size_t> least,
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
  return Fit::yes;
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

}  // namespace pgw::contract
