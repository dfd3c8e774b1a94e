// What one connection may ask of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"

namespace pgw::http {

/// What becomes of a request whose client has closed its sending side before the response is complete: it has left, as
/// nearly every client that does so, or it reads on.
enum class HalfClose : std::uint8_t { abort, serve };

/// Sizes in bytes. What exceeds a size is answered 413, 431 or 414; what exceeds a time 408, or silence where no
/// request has begun.
struct Limits {
  std::vector<std::string> extra_methods;  ///< served beside those of RFC 9110 and RFC 5789; others are answered 501
  std::size_t max_body = 1024UL * 1024;    ///< a handler may narrow it for a request: Exchange::limit_body
  std::size_t max_header = 32UL * 1024;    ///< request line and fields together
  std::size_t max_target = 8UL * 1024;
  std::size_t max_fields = 128;
  std::chrono::milliseconds header_timeout{10'000};  ///< first byte of a request to the end of its head
  std::chrono::milliseconds idle_timeout{75'000};    ///< accepted or answered, and no byte of a next request
  std::chrono::milliseconds body_timeout{
      30'000};  ///< end of the head to the end of the body; between two pieces of a streamed one
  std::chrono::milliseconds write_timeout{30'000};  ///< a client that takes no byte of a waiting response
  HalfClose half_close = HalfClose::abort;
  /// Of one address on one loop, an IPv6 address being its /64. Beyond it each new connection closes the one that has
  /// been idle longest. 0: any number.
  std::size_t connections_per_address = 256;
  /// Peers that are believed what a PROXY header says; they have no limit of their own.
  std::vector<base::IpNetwork> trusted_proxies;
};

}  // namespace pgw::http
