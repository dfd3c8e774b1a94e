#include "sandbox/json_body.h"

namespace pgw::sandbox {

const Json* given(const Json& object, const char* name) {
  const auto property = object.find(name);
  return property == object.end() || property->is_null() ? nullptr : &*property;
}

std::string as_text(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.is_number() ? value.dump() : value.get<std::string>();
}

bool is_text(const Json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

std::string text_of(const Json& object, const char* name) {
  return as_text(object.at(name));
}

std::optional<std::string> maybe_text_of(const Json& object, const char* name) {
  const Json* value = given(object, name);
  return value == nullptr ? std::nullopt : std::optional(as_text(*value));
}

}  // namespace pgw::sandbox
