// Whose address a request comes from, behind any number of balancers.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "gateway/http/message.h"

namespace pgw::pipeline {

/// The way that a request took. What stands in X-Forwarded-For counts only where a balancer of `trusted_proxies` wrote
/// it: the rightmost address that is none of those is the client, and whatever stands before that one is the client's
/// own word. Views into the request.
struct ClientAddress {
  std::string_view client;                ///< the client's address, without port
  std::vector<std::string_view> proxies;  ///< trusted ones behind it in order, the other end of the connection last
};
ClientAddress client_address(const http::Request& request, std::span<const base::IpNetwork> trusted);

/// "http" or "https": how the client asked, as far as the balancer that is the other end says; ours without one.
std::string_view client_scheme(const http::Request& request);

/// The name that the client used: X-Forwarded-Host of a trusted balancer, else Host; empty for a text that is no host.
std::string_view client_host(const http::Request& request);

/// The value of Forwarded (RFC 7239) for that way. `host` may be empty.
std::string forwarded_value(const ClientAddress& way, std::string_view scheme, std::string_view host);

/// The value of X-Forwarded-For for that way.
std::string forwarded_for_value(const ClientAddress& way);

}  // namespace pgw::pipeline
