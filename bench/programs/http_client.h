// The client's half of keep-alive HTTP: the bytes of requests, and where a response ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pgw::bench {

struct RequestOptions {
  std::string method = "GET";
  std::string target;                ///< "{}" in it is a number below `spread`
  std::uint64_t spread = 1;          ///< how many targets there are
  bool random = false;               ///< which target is next: any, or the one after the last
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
};

class RequestSource {
 public:
  explicit RequestSource(const RequestOptions& options);

  /// The bytes of the next request; valid until the call after.
  std::string_view next();

 private:
  std::string before_;  // up to the number
  std::string after_;
  std::string bytes_;
  const bool varies_;
  const std::uint64_t spread_;
  const bool random_;
  std::uint64_t number_ = 0;
  std::minstd_rand generator_{1};  // the same targets in every run
};

/// Follows one response after another of known length; keeps no body.
class ResponseReader {
 public:
  /// Takes what was received. True when the response is complete; throws std::runtime_error on what it doesn't know.
  bool take(std::string_view bytes);

  int status() const { return status_; }

 private:
  std::string head_;  // as far as it has come, while it is incomplete
  bool in_body_ = false;
  std::size_t body_left_ = 0;
  int status_ = 0;
};

}  // namespace pgw::bench
