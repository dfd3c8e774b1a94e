#include "gateway/upstream/credential.h"

#include "base/text.h"

namespace pgw::upstream {
namespace {

std::string_view secret_part(std::string_view header, std::string_view value) {
  const auto scheme_end = value.find(' ');
  const bool has_scheme = base::iequals(header, "authorization") && scheme_end != std::string_view::npos;
  return has_scheme ? base::trim(value.substr(scheme_end)) : value;
}

}  // namespace

Credential::Credential(std::string header, std::shared_ptr<const config::Secret> value)
    : header_(std::move(header)), value_(std::move(value)), matcher_(secret_part(header_, value_->reveal())) {}

void Credential::append_field_line(std::string& out) const {
  out += header_;
  out += ": ";
  out += value_->reveal();
  out += "\r\n";
}

}  // namespace pgw::upstream
