// Misbehaviour on demand: what a test asks of one request, in the request's own headers.
//
//   X-Sandbox-Delay: 250ms             waits, then does what was asked. ms or s, an hour at most
//   X-Sandbox-Delay-After: 250ms       does what was asked, then waits with the answer
//   X-Sandbox-Status: 503              answers that status and does nothing
//   X-Sandbox-Abort: before | after    closes the connection without an answer, before or after the effect
//   X-Sandbox-Headers: Name: value     adds these fields to the response, several separated by |
//   X-Sandbox-Body-Size: 100000        pads the body with spaces (JSON allows them) up to this many bytes, 64 MiB at
//   most
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "gateway/http/message.h"
#include "sandbox/http_response.h"

namespace pgw::sandbox {

struct Faults {
  enum class Abort { never, before, after };

  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds delay_after{0};
  std::optional<int> status;
  Abort abort = Abort::never;
  HttpHeaders headers;
  std::size_t body_size = 0;

  /// What went wrong with a header, for the answer 400: a test that misspells a fault must not pass.
  struct Outcome;
  static Outcome parse(const http::Request& request);

  /// Adds the headers and the padding.
  void decorate(HttpResponse& response) const;
};

struct Faults::Outcome {
  Faults faults;
  std::string error;  ///< empty: none
};

}  // namespace pgw::sandbox
