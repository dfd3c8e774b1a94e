// The connections of one address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pgw::http {

class Connection;

/// On one loop. An IPv6 address counts as its /64: a client has that many of them.
struct AddressGroup {
  std::array<std::uint8_t, 16> key{};
  std::string name;  ///< of the address that came first
  std::vector<Connection*> connections;
};

/// A connection's place in its group; none for a peer that has no limit.
struct AddressSeat {
  AddressGroup* group = nullptr;
  std::size_t index = 0;
};

}  // namespace pgw::http
