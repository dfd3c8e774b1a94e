#include "gateway/upstream/failure.h"

#include <array>
#include <cstddef>

namespace pgw::upstream {
namespace {

struct Facts {
  Failure failure;
  std::string_view type;
  int status;
  bool may_have_taken_effect;
  bool worth_a_retry;
  std::string_view text;
};

constexpr std::array facts{
    Facts{Failure::dns_error, "dns_error", 502, false, true, "the upstream's name could not be resolved"},
    Facts{Failure::dns_timeout, "dns_timeout", 504, false, false, "the upstream's name could not be resolved in time"},
    Facts{Failure::connection_refused, "connection_refused", 502, false, true, "the upstream refused the connection"},
    Facts{Failure::connection_timeout, "connection_timeout", 504, false, false,
          "no connection to the upstream in time"},
    Facts{Failure::tls_certificate_error, "tls_certificate_error", 502, false, false,
          "the upstream's certificate could not be verified"},
    Facts{Failure::tls_protocol_error, "tls_protocol_error", 502, false, false, "the TLS handshake upstream failed"},
    Facts{Failure::connection_terminated, "connection_terminated", 502, true, true,
          "the upstream closed the connection without an answer"},
    Facts{Failure::response_incomplete, "http_response_incomplete", 502, true, false,
          "the upstream's response broke off"},
    Facts{Failure::protocol_error, "http_protocol_error", 502, true, false, "the upstream's response was malformed"},
    Facts{Failure::response_header_section_size, "http_response_header_section_size", 502, true, false,
          "the upstream's response has too large a head"},
    Facts{Failure::response_timeout, "http_response_timeout", 504, true, false, "the upstream did not answer in time"},
    Facts{Failure::connection_limit_reached, "connection_limit_reached", 503, false, false,
          "too many requests wait for the upstream"},
    Facts{Failure::destination_unavailable, "destination_unavailable", 503, false, false,
          "the upstream has failed repeatedly and is given a pause"},
    Facts{Failure::credential_refused, "proxy_configuration_error", 502, false, false,
          "the upstream refuses the gateway's own credential; whoever runs the gateway has to replace it"},
    Facts{Failure::internal_error, "proxy_internal_error", 502, true, false, "the gateway failed to ask the upstream"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (static_cast<std::size_t>(facts[i].failure) != i) return false;
  }
  return true;
}
static_assert(in_order(), "facts are indexed by the enumerator");

constexpr const Facts& of(Failure failure) {
  return facts[static_cast<std::size_t>(failure)];
}

}  // namespace

std::string_view proxy_error_type(Failure failure) {
  return of(failure).type;
}
int status_of(Failure failure) {
  return of(failure).status;
}
std::string_view describe(Failure failure) {
  return of(failure).text;
}
bool may_have_taken_effect(Failure failure) {
  return of(failure).may_have_taken_effect;
}
bool worth_a_retry(Failure failure) {
  return of(failure).worth_a_retry;
}

}  // namespace pgw::upstream
