// Addresses to listen on and URLs to ask: parsing and text.
#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "config/settings.h"

namespace pgw::config {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_ipv6(const std::string& host) {
  in6_addr ignored = {};
  return ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

std::optional<in_addr> as_ipv4(const std::string& host) {
  in_addr address = {};
  if (::inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
  return address;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// An IPv4 address or a host name (RFC 1123 section 2.1, and the underscore that container networks use).
bool is_name_or_ipv4(const std::string& host) {
  if (host.empty() || host.size() > 253) return false;
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  if (numeric) return as_ipv4(host).has_value();
  return host.front() != '.' && host.find("..") == std::string::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || is_label_character(c); });
}

struct HostPort {
  std::string host;
  std::optional<std::string_view> port;
};

/// "HOST", "HOST:PORT", "[IPV6]", "[IPV6]:PORT"; brackets are taken off.
std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!is_ipv6(out.host)) return std::nullopt;
  } else {
    out.host = text.substr(0, text.find(':'));
    rest = text.substr(out.host.size());
    if (!is_name_or_ipv4(out.host)) return std::nullopt;
  }
  if (rest.empty()) return out;
  if (rest.front() != ':') return std::nullopt;
  out.port = rest.substr(1);
  return out;
}

std::string host_text(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool host_is_loopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  const auto address = as_ipv4(host);
  return address && ntohl(address->s_addr) >> 24U == 127;
}

/// Every IPv4 address of the machine.
bool is_any_ipv4(const std::string& host) {
  const auto address = as_ipv4(host);
  return address && address->s_addr == htonl(INADDR_ANY);
}

/// Every address of the machine: a socket there takes IPv4 as well.
bool is_any_ipv6(const std::string& host) {
  in6_addr address = {};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_UNSPECIFIED(&address);
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

/// Characters of RFC 3986 section 3.3, slashes included.
bool is_path(std::string_view path) {
  constexpr std::string_view also = "/.~%!$&'()*+,;=:@";
  return std::all_of(path.begin(), path.end(),
                     [&](char c) { return is_label_character(c) || also.find(c) != std::string_view::npos; });
}

ParsedUrl failed(std::string reason) {
  return {std::nullopt, std::move(reason)};
}

ParsedUrl parse_authority(std::string_view authority, Url url) {
  if (authority.find('@') != std::string_view::npos) {
    return failed("must not hold a user or a password; use upstream.credential");
  }
  auto split = split_host_port(authority);
  if (!split) return failed("has no valid host");
  url.host = base::to_lower(split->host);
  url.port = default_port(url.scheme);
  if (split->port) {
    const auto port = parse_port(*split->port);
    if (!port || *port == 0) return failed("needs a port from 1 to 65535");
    url.port = *port;
  }
  return {std::move(url), {}};
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  auto split = split_host_port(text);
  if (!split || !split->port) return std::nullopt;
  const auto port = parse_port(*split->port);
  if (!port) return std::nullopt;
  return Address{std::move(split->host), *port};
}

std::string Address::text() const {
  return host_text(host) + ":" + std::to_string(port);
}

bool Address::is_loopback() const {
  return host_is_loopback(host);
}

bool Address::overlaps(const Address& other) const {
  if (port != other.port || port == 0) return false;
  if (host == other.host || is_any_ipv6(host) || is_any_ipv6(other.host)) return true;
  return (is_any_ipv4(host) && !is_ipv6(other.host)) || (is_any_ipv4(other.host) && !is_ipv6(host));
}

ParsedUrl parse_url(std::string_view text) {
  const auto colon = text.find("://");
  Url url;
  url.scheme = base::to_lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (url.scheme != "http" && url.scheme != "https")) {
    return failed("must begin with http:// or https://");
  }
  std::string_view rest = text.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) return failed("must not have a query or a fragment");
  const auto slash = std::min(rest.find('/'), rest.size());
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!is_path(path)) return failed("has a path with characters that must be percent-encoded");
  const std::string segments = std::string(path) + '/';
  if (segments.find("/./") != std::string::npos || segments.find("/../") != std::string::npos) {
    return failed("must not have '.' or '..' as a segment of its path");
  }
  url.path = path;
  return parse_authority(rest.substr(0, slash), std::move(url));
}

std::string Url::text() const {
  std::string out = scheme + "://" + host_text(host);
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out + path;
}

bool Url::is_loopback() const {
  return host_is_loopback(host);
}

}  // namespace pgw::config
