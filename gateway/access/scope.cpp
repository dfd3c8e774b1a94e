#include "gateway/access/scope.h"

namespace pgw::access {

Scope scope_for(std::string_view method, bool declared_safe) {
  const bool safe = method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
  return safe || declared_safe ? Scope::read : Scope::write;
}

}  // namespace pgw::access
