// What a key may do.
#pragma once

#include <bitset>
#include <string_view>

#include "config/keys_file.h"

namespace pgw::access {

using config::Scope;

/// A set of scopes; bit numbers are the enumerators.
using Scopes = std::bitset<2>;

constexpr std::size_t bit(Scope scope) {
  return static_cast<std::size_t>(scope);
}

/// The scope that an operation asks for: read for the safe methods (RFC 9110 section 9.2.1) and for operations that the
/// configuration declares safe, write for all others.
Scope scope_for(std::string_view method, bool declared_safe);

}  // namespace pgw::access
