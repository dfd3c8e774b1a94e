// The fields that speak of one connection.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"

namespace pgw::base {

/// Fields that end at the next hop whether Connection names them or not: RFC 9110 section 7.6.1, and of proxies
/// sections 11.7.1 to 11.7.3. Lower case.
inline constexpr std::array<std::string_view, 10> hop_by_hop_fields = {"connection",
                                                                       "keep-alive",
                                                                       "proxy-connection",
                                                                       "te",
                                                                       "trailer",
                                                                       "transfer-encoding",
                                                                       "upgrade",
                                                                       "proxy-authenticate",
                                                                       "proxy-authorization",
                                                                       "proxy-authentication-info"};

inline bool is_hop_by_hop(std::string_view name) {
  return std::ranges::any_of(hop_by_hop_fields, [name](std::string_view known) { return iequals(name, known); });
}

}  // namespace pgw::base
