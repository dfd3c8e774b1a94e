// The credentials that a document's clients bring: its security schemes and requirements.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace pgw::contract {

/// Where the clients of the API put a credential of their own (OpenAPI 3.0.3, Security Scheme Object).
struct SecurityScheme {
  enum class In { header, query, cookie };
  std::string name;  ///< in `components.securitySchemes`
  In in = In::header;
  std::string parameter;  ///< the field ("Authorization" for http, oauth2 and openIdConnect), query parameter or cookie
};

/// The schemes of a whole document; `root` is its root. A scheme that carries its credential outside of the request
/// (mutualTLS), or that can't be read, is none.
std::vector<SecurityScheme> read_security_schemes(const nlohmann::json& root);

/// The names of the schemes that an operation's requirements name, its own or, without any, the document's.
std::vector<std::string> read_security(const nlohmann::json& root, const nlohmann::json& operation);

}  // namespace pgw::contract
