// Why an upstream exchange ended without a response, and what the caller is told about it.
#pragma once

#include <string_view>

namespace pgw::upstream {

/// One answer to "what became of the request upstream?" when no whole response came. Feeds the status code, the
/// Proxy-Status field, the log line and the metric alike.
enum class Failure {
  dns_error,
  dns_timeout,
  connection_refused,
  connection_timeout,
  tls_certificate_error,
  tls_protocol_error,
  connection_terminated,
  response_incomplete,
  protocol_error,
  response_header_section_size,
  response_timeout,
  connection_limit_reached,
  destination_unavailable,
  credential_refused,
  internal_error,
};

/// The error type of RFC 9209 section 2.3, as it stands in Proxy-Status and in logs.
std::string_view proxy_error_type(Failure failure);

/// The status code of the gateway's own answer: 502, 503 or 504 (RFC 9110 section 15.6).
int status_of(Failure failure);

/// What a caller reads. Never names the upstream's address.
std::string_view describe(Failure failure);

/// Whether the request may have taken effect upstream although no response came: true from the moment when bytes of it
/// can have been delivered.
bool may_have_taken_effect(Failure failure);

/// Whether asking again has a chance: connection-level failures only. A timeout has used up its time. Whether the
/// request may be repeated at all is another question (`Client`).
bool worth_a_retry(Failure failure);

}  // namespace pgw::upstream
