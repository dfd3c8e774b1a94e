#include "gateway/admin/admin_access.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/text.h"

namespace pgw::admin {
namespace {

/// The host of "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT"; empty for anything else in brackets.
std::string_view without_port(std::string_view host) {
  if (!host.starts_with('[')) return host.substr(0, host.find(':'));
  const auto close = host.find(']');
  if (close == std::string_view::npos) return {};
  const std::string_view rest = host.substr(close + 1);
  return rest.empty() || rest.front() == ':' ? host.substr(1, close - 1) : std::string_view();
}

bool names_this_listener(const std::vector<std::string>& hosts, std::string_view host) {
  const std::string_view name = without_port(host);
  return base::IpAddress::parse(name) || base::iequals(name, "localhost") ||
         std::ranges::any_of(hosts, [name](const std::string& known) { return base::iequals(known, name); });
}

/// The strongest right that the presented token has; nullopt without one.
std::optional<Right> right_of(const std::vector<Token>& tokens, const http::Request& request) {
  constexpr std::string_view scheme = "bearer ";
  if (request.fields.count("authorization") != 1) return std::nullopt;
  const std::string_view value = base::trim(*request.fields.find("authorization"));
  if (!base::iequals(value.substr(0, scheme.size()), scheme)) return std::nullopt;
  const std::string_view presented = base::trim(value.substr(scheme.size()));
  std::optional<Right> right;
  for (const Token& token : tokens) {
    const bool is_it = token.value.equals(presented);
    if (is_it && right != Right::change) right = token.right;
  }
  return right;
}

}  // namespace

Verdict judge(const Access& access, const http::Request& request, Right wanted) {
  if (access.tokens.empty()) {
    return names_this_listener(access.hosts, request.host) ? Verdict::allowed : Verdict::wrong_host;
  }
  const auto right = right_of(access.tokens, request);
  if (!right) return Verdict::no_token;
  return wanted == Right::change && right != Right::change ? Verdict::read_only : Verdict::allowed;
}

}  // namespace pgw::admin
