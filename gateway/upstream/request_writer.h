// A request as bytes.
#pragma once

#include <string>

#include "gateway/upstream/client.h"
#include "gateway/upstream/destination.h"

namespace pgw::upstream {

/// Whether the request says how long its body is, be it empty (RFC 9110 section 8.6).
bool has_length(const OutgoingRequest& request);

/// Appends the head (RFC 9112 section 3): target, Host, the fields, the framing and the credential. The fields are what
/// the gateway's own parser let pass, so none contains a line end.
void append_head(std::string& out, const OutgoingRequest& request, const Destination& destination);

/// Appends one chunk (section 7.1) of a streamed body without a length; an empty piece is none.
void append_chunk(std::string& out, std::string_view piece);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace pgw::upstream
