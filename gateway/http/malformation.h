// What is wrong with a request that was read.
#pragma once

#include <string>
#include <string_view>

namespace pgw::http {

struct Malformation {
  int status = 400;
  std::string_view reason;  ///< a stable token for logs and metrics, of a bounded set: "bare-lf", "bad-content-length"
  std::string message;      ///< for the client; repeats nothing that the client sent
};

}  // namespace pgw::http
