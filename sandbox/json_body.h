// Values of request bodies, read as pydantic v1 reads them: what the contract lets pass must not surprise an operation.
#pragma once

#include <optional>
#include <string>

#include "sandbox/store.h"

namespace pgw::sandbox {

/// The property, or null if it is absent or null: the API takes both for "not given".
const Json* given(const Json& object, const char* name);

/// A text, or a number or a boolean, which count as one: 12 is "12" and true is "True". Throws Json::exception for
/// others.
std::string as_text(const Json& value);
bool is_text(const Json& value);

/// A property that must be there.
std::string text_of(const Json& object, const char* name);

/// Nullopt if the property isn't given.
std::optional<std::string> maybe_text_of(const Json& object, const char* name);

}  // namespace pgw::sandbox
