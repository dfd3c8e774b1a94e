// What one connection may ask of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace pgw::http {

/// Sizes in bytes. What exceeds a size is answered 413, 431 or 414; what exceeds a time 408, or silence where no
/// request has begun.
struct Limits {
  std::vector<std::string> extra_methods;  ///< served beside those of RFC 9110 and RFC 5789; others are answered 501
  std::size_t max_body = 1024UL * 1024;
  std::size_t max_header = 32UL * 1024;  ///< request line and fields together
  std::size_t max_target = 8UL * 1024;
  std::size_t max_fields = 128;
  std::chrono::milliseconds header_timeout{10'000};  ///< first byte of a request to the end of its head
  std::chrono::milliseconds idle_timeout{60'000};    ///< accepted or answered, and no byte of a next request
  std::chrono::milliseconds body_timeout{30'000};    ///< end of the head to the end of the body
  std::chrono::milliseconds write_timeout{30'000};   ///< a client that takes no byte of a waiting response
};

}  // namespace pgw::http
