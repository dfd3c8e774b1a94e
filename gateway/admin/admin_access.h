// Who may ask the admin listener for what.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.h"
#include "gateway/http/message.h"

namespace pgw::admin {

enum class Right { read, change };  ///< `change` includes `read`

struct Token {
  Right right;
  config::Secret secret;
};

struct ParsedTokens {
  std::vector<Token> tokens;
  std::string problem;  ///< what is wrong with the first bad line, by its number and never by its content; else empty
};

/// Lines `read:TOKEN` and `change:TOKEN`; blank lines and lines that begin with '#' are skipped. A token has at least
/// 16 characters of RFC 6750 section 2.1. A text without a token is a problem.
ParsedTokens parse_tokens(std::string_view text);

/// The same of a file. Refused as well: a file that others than its owner and the group may read or write.
ParsedTokens read_tokens(const std::filesystem::path& file);

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
