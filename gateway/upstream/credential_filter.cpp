#include "gateway/upstream/credential_filter.h"

#include <utility>

namespace pgw::upstream {

void CredentialFilter::begin(std::shared_ptr<const Credential> credential) {
  credential_ = std::move(credential);
  held_.clear();
}

std::string_view CredentialFilter::pass(std::string_view piece, bool is_last) {
  if (credential_ == nullptr || credential_->matcher().empty()) return piece;
  const SecretMatcher& matcher = credential_->matcher();
  std::string_view passed = piece;
  if (!held_.empty() || matcher.occurs_in(piece)) {
    out_ = std::exchange(held_, {});
    out_ += piece;
    matcher.mask(out_);
    passed = out_;
  }
  if (is_last) return passed;
  const std::size_t open = matcher.open_end(passed);
  held_ = passed.substr(passed.size() - open);
  return passed.substr(0, passed.size() - open);
}

std::string_view CredentialFilter::finish() {
  out_ = std::exchange(held_, {});
  return out_;
}

}  // namespace pgw::upstream
