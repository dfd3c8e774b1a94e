// The PROXY protocol, versions 1 and 2: a balancer tells for whom it connects, before the first byte of HTTP or TLS
// (haproxy's doc/proxy-protocol.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.h"

namespace pgw::http {

/// What the bytes at the beginning of a connection are.
struct ProxyHeader {
  enum class State : std::uint8_t {
    incomplete,  ///< so far they may become a header: more must come
    absent,      ///< they are no PROXY header, but what the connection is for
    complete,
    malformed
  };

  State state = State::incomplete;
  std::size_t size = 0;  ///< of the header, once complete: what follows is the client's

  /// For whom the balancer connects. None if it connects on its own behalf (LOCAL, such as a health check) or doesn't
  /// say (UNKNOWN, a Unix socket).
  std::optional<base::IpAddress> source;
};

/// What is longer is malformed: version 2 with type-length-values, which are skipped.
constexpr std::size_t max_proxy_header = 4096;

/// `received` is everything since the connection's first byte. Strict: of version 1 the exact spaces, addresses of the
/// family named, ports without leading zeros; of version 2 the known commands and stream sockets only.
ProxyHeader parse_proxy_header(std::string_view received);

}  // namespace pgw::http
