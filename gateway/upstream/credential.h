// The upstream credential: the one secret of the gateway that no team ever sees.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/secret.h"
#include "gateway/upstream/secret_matcher.h"

namespace pgw::upstream {

/// A header name and its secret value. Immutable; a changed value is a new object. It can't be printed, logged or
/// serialised: the value leaves it only as the field line of an outgoing request.
class Credential {
 public:
  Credential(std::string header, std::shared_ptr<const config::Secret> value);

  const std::string& header() const { return header_; }

  /// "Name: value" and the line end, for the outgoing request alone.
  void append_field_line(std::string& out) const;

  /// Whether the secret occurs in `text` (a response field that echoes the request, say), in any coding that
  /// `SecretMatcher` knows.
  bool occurs_in(std::string_view text) const { return matcher_.occurs_in(text); }

  const SecretMatcher& matcher() const { return matcher_; }

 private:
  std::string header_;
  std::shared_ptr<const config::Secret> value_;
  // What must not come back: of "Authorization: Bearer TOKEN" the token, whatever then stands before it.
  SecretMatcher matcher_;
};

}  // namespace pgw::upstream
