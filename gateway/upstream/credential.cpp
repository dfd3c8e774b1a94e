#include "gateway/upstream/credential.h"

#include <algorithm>

#include "base/text.h"
#include "gateway/http/message.h"

namespace pgw::upstream {
namespace {

/// How many bytes at the end of `text` are a proper prefix of `secret`.
std::size_t partial_match(std::string_view text, std::string_view secret) {
  text.remove_prefix(text.size() - std::min(text.size(), secret.size() - 1));
  for (auto at = text.find(secret.front()); at != std::string_view::npos; at = text.find(secret.front(), at + 1)) {
    if (secret.starts_with(text.substr(at))) return text.size() - at;
  }
  return 0;
}

void overwrite(std::string& text, std::string_view secret) {
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + secret.size())) {
    std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), secret.size(), '*');
  }
}

}  // namespace

Credential::Credential(std::string header, std::shared_ptr<const config::Secret> value)
    : header_(std::move(header)), value_(std::move(value)), secret_(value_->reveal()) {
  const auto scheme_end = secret_.find(' ');
  const bool has_scheme = base::iequals(header_, "authorization") && scheme_end != std::string_view::npos;
  if (has_scheme) secret_ = base::trim(secret_.substr(scheme_end));
}

std::string Credential::field_line() const {
  std::string line = header_;
  line += ": ";
  line += value_->reveal();
  return line;
}

bool Credential::occurs_in(std::string_view text) const {
  return !secret_.empty() && text.find(secret_) != std::string_view::npos;
}

std::string_view CredentialFilter::pass(std::string_view piece) {
  if (credential_ == nullptr || credential_->secret_.empty()) return piece;
  const std::string_view secret = credential_->secret_;
  const bool clean = held_.empty() && piece.find(secret) == std::string_view::npos;
  if (clean && partial_match(piece, secret) == 0) return piece;

  out_ = std::move(held_);
  out_ += piece;
  overwrite(out_, secret);
  const std::size_t keep = partial_match(out_, secret);
  held_ = out_.substr(out_.size() - keep);
  out_.resize(out_.size() - keep);
  return out_;
}

std::string_view CredentialFilter::finish() {
  out_ = std::move(held_);
  held_.clear();
  return out_;
}

}  // namespace pgw::upstream
