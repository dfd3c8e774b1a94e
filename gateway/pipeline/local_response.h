// Every response that the gateway makes itself is made here (shared design, section 8).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/upstream/failure.h"

namespace pgw::pipeline {

/// A whole response: JSON `{"detail": ...}` like the upstream's own errors, so that clients need no second path. It
/// never holds a stack, a path of the host, the upstream's address or a secret.
struct LocalResponse {
  int status = 500;
  std::string fields;  ///< "Name: value\r\n" lines beyond those that every response carries
  std::string body;
  std::string detail = {};  ///< the text in `body`, where that is all it holds
};

/// `{"detail": "<text>"}`.
LocalResponse error_response(int status, std::string_view text);

/// The same response as the shape wants it: with `problem`, a text is the `detail` of a problem (RFC 9457).
LocalResponse in_shape(LocalResponse response, config::ErrorShape shape);

LocalResponse unauthorized(std::string_view text);         ///< 401 with WWW-Authenticate (RFC 9110 section 11.6.1)
LocalResponse method_not_allowed(std::string_view allow);  ///< 405 with Allow (RFC 9110 section 15.5.6)
LocalResponse elsewhere(std::string_view location);        ///< 307 with Location, a reference to this origin
LocalResponse refused_body(
    const contract::BodyRefusal& refusal);  ///< 400; 415 with Accept or Accept-Encoding (RFC 9110 section 15.5.16)
LocalResponse override_in_body(std::string_view member);  ///< 400: it would change the request's method
LocalResponse invalid_request(std::span<const contract::Violation> violations, config::ErrorShape shape);  ///< 422
LocalResponse upstream_failure(upstream::Failure failure);  ///< 502, 503 or 504

}  // namespace pgw::pipeline
