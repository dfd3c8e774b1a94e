// What of a response's fields goes on.
#pragma once

#include "gateway/http/message.h"
#include "gateway/upstream/credential.h"

namespace pgw::upstream {

/// Whether the content is compressed although the upstream was asked not to: nobody could look for the credential in
/// it, or compare it with the contract.
bool is_compressed(const http::Fields& fields);

/// Leaves the end-to-end fields: those that speak of one connection go (RFC 9110 section 7.6.1), those that carry the
/// credential, and Proxy-Status, which would tell teams of hops behind the gateway; the gateway says itself what
/// failed. So do content codings that say nothing. `credential` may be null.
void keep_end_to_end(http::Fields& fields, const Credential* credential);

}  // namespace pgw::upstream
