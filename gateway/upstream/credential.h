// The upstream credential: the one secret of the gateway that no team ever sees.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace pgw::upstream {

/// A header name and its secret value. Immutable; a changed value is a new object. It can't be printed, logged or
/// serialised: the value leaves it only as the field line that `upstream::Client` hands to libcurl.
class Credential {
 public:
  Credential(std::string header, std::shared_ptr<const config::Secret> value);

  const std::string& header() const { return header_; }

  /// "Name: value", for the outgoing request alone.
  std::string field_line() const;

  /// Whether the secret occurs in `text` (a response field that echoes the request, say).
  bool occurs_in(std::string_view text) const;

 private:
  friend class CredentialFilter;

  std::string header_;
  std::shared_ptr<const config::Secret> value_;
  // What must not come back, in `value_`: of "Authorization: Bearer TOKEN" the token, whatever then stands before it.
  std::string_view secret_;
};

/// Removes the credential from a response body that arrives in pieces: every occurrence is overwritten with '*' of the
/// same length, so that lengths stay true. What could be the beginning of an occurrence is held back until more is
/// known.
class CredentialFilter {
 public:
  /// Null: there is no credential, everything passes.
  explicit CredentialFilter(std::shared_ptr<const Credential> credential) : credential_(std::move(credential)) {}

  /// The bytes that may go on, given the next piece. Valid until the next call. Copies only where it must hold back or
  /// overwrite.
  std::string_view pass(std::string_view piece);

  /// What was held back, at the end of the body.
  std::string_view finish();

 private:
  std::shared_ptr<const Credential> credential_;
  std::string held_;
  std::string out_;
};

}  // namespace pgw::upstream
