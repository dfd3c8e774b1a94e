// Who may ask the admin listener for what.
#pragma once

#include <string>
#include <vector>

#include "config/admin_tokens.h"
#include "gateway/http/message.h"

namespace pgw::admin {

using Right = config::AdminRight;  ///< `change` includes `read`
using Token = config::AdminToken;

/// What the admin listener asks for. Immutable once in use.
struct Access {
  std::vector<std::string> hosts;  ///< names that `Host` may give beside addresses and localhost
  std::vector<Token> tokens;       ///< empty: none is asked for
};

enum class Verdict {
  allowed,
  wrong_host,  ///< no token is asked for, and Host is a name that a page of a browser may have been given (DNS
               ///< rebinding)
  no_token,    ///< no token, or none of ours
  read_only,   ///< the token may read alone
};

/// Without tokens the request's Host must be an IP address, localhost or one of `hosts`. With tokens the Host does not
/// matter, and `Authorization: Bearer` must carry one of them. Compares with every token, in a time that depends on the
/// lengths alone.
Verdict judge(const Access& access, const http::Request& request, Right wanted);

}  // namespace pgw::admin
