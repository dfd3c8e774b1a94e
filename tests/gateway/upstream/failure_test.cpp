#include "gateway/upstream/failure.h"

#include "support/catch.h"

using pgw::upstream::Failure;

TEST_CASE("each failure has its status, its RFC 9209 type and its consequences") {
  const auto [failure, status, type, may_have_taken_effect, worth_a_retry] =
      GENERATE(table<Failure, int, std::string, bool, bool>({
          {Failure::dns_error, 502, "dns_error", false, true},
          {Failure::connection_refused, 502, "connection_refused", false, true},
          {Failure::connection_timeout, 504, "connection_timeout", false, false},
          {Failure::tls_certificate_error, 502, "tls_certificate_error", false, false},
          {Failure::connection_terminated, 502, "connection_terminated", true, true},
          {Failure::response_incomplete, 502, "http_response_incomplete", true, false},
          {Failure::protocol_error, 502, "http_protocol_error", true, false},
          {Failure::response_timeout, 504, "http_response_timeout", true, false},
          {Failure::connection_limit_reached, 503, "connection_limit_reached", false, false},
          {Failure::destination_unavailable, 503, "destination_unavailable", false, false},
      }));
  CHECK(status_of(failure) == status);
  CHECK(proxy_error_type(failure) == type);
  CHECK(pgw::upstream::may_have_taken_effect(failure) == may_have_taken_effect);
  CHECK(pgw::upstream::worth_a_retry(failure) == worth_a_retry);
  CHECK_FALSE(describe(failure).empty());
}
