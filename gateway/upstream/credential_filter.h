// Keeps the credential out of response bodies.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/upstream/credential.h"

namespace pgw::upstream {

/// Removes the credential from a response body that arrives in pieces: every occurrence, in every coding, is
/// overwritten with '*' of the same length, so that lengths stay true. What could be the beginning of an occurrence is
/// held back until more is known. One body after another.
class CredentialFilter {
 public:
  /// Null: there is no credential, everything passes.
  void begin(std::shared_ptr<const Credential> credential);

  /// The bytes that may go on, given the next piece; nothing is held back of what `is_last`. Valid until the next call
  /// or the end of the piece. Copies only where it must hold back or overwrite.
  std::string_view pass(std::string_view piece, bool is_last = false);

  /// What was held back, at the end of the body.
  std::string_view finish();

 private:
  std::shared_ptr<const Credential> credential_;
  std::string held_;
  std::string out_;
};

}  // namespace pgw::upstream
