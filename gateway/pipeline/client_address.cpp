#include "gateway/pipeline/client_address.h"

#include <algorithm>
#include <optional>

#include "base/list.h"
#include "base/text.h"

namespace pgw::pipeline {
namespace {

/// The address of "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" or "[2001:db8::1]:4711".
std::string_view without_port(std::string_view node) {
  if (node.starts_with('[')) return node.substr(1, node.find(']') - 1);
  const auto colon = node.find(':');
  const bool has_port = colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  return has_port ? node.substr(0, colon) : node;
}

bool is_trusted(std::string_view text, std::span<const base::IpNetwork> trusted) {
  const auto address = base::IpAddress::parse(text);
  return address && std::ranges::any_of(trusted, [&](const base::IpNetwork& net) { return net.contains(*address); });
}

/// The addresses of X-Forwarded-For, over all its lines, behind the last element that is none ("unknown").
std::vector<std::string_view> received_chain(const http::Request& request) {
  std::vector<std::string_view> chain;
  for (const auto& field : request.fields) {
    if (!base::iequals(field.name, "x-forwarded-for")) continue;
    base::for_each_element(field.value, [&](std::string_view element) {
      const auto address = without_port(element);
      if (base::IpAddress::parse(address)) {
        chain.push_back(address);
      } else {
        chain.clear();
      }
    });
  }
  return chain;
}

/// The last value of a field, of a list its last element.
std::string_view last_of(const http::Request& request, std::string_view name) {
  std::string_view last;
  for (const auto& field : request.fields) {
    if (base::iequals(field.name, name)) base::for_each_element(field.value, [&](auto element) { last = element; });
  }
  return last;
}

/// Host as RFC 9110 section 7.2 has it: nothing that needs an escape in a quoted string or ends a field.
bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return base::is_letter(c) || base::is_digit(c) ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

bool is_v6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

void append_node(std::string& out, std::string_view address) {
  out += "for=";
  out += is_v6(address) ? "\"[" : "";
  out += address;
  out += is_v6(address) ? "]\"" : "";
}

}  // namespace

ClientAddress client_address(const http::Request& request, std::span<const base::IpNetwork> trusted) {
  if (!request.from_trusted_proxy) return {request.peer, {}};
  const auto chain = received_chain(request);
  if (chain.empty()) return {request.peer, {}};
  const auto known =
      std::find_if(chain.rbegin(), chain.rend(), [&](auto address) { return !is_trusted(address, trusted); });
  const auto client = known == chain.rend() ? chain.begin() : std::prev(known.base());
  ClientAddress way{*client, {std::next(client), chain.end()}};
  way.proxies.emplace_back(request.peer);
  return way;
}

std::string_view client_scheme(const http::Request& request) {
  const auto said = request.from_trusted_proxy ? last_of(request, "x-forwarded-proto") : std::string_view();
  if (base::iequals(said, "https")) return "https";
  return "http";
}

std::string_view client_host(const http::Request& request) {
  const auto said = request.from_trusted_proxy ? last_of(request, "x-forwarded-host") : std::string_view();
  if (is_host(said)) return said;
  return is_host(request.host) ? std::string_view(request.host) : std::string_view();
}

std::string forwarded_value(const ClientAddress& way, std::string_view scheme, std::string_view host) {
  std::string value;
  append_node(value, way.client);
  if (!host.empty()) value.append(";host=\"").append(host).append("\"");
  value.append(";proto=").append(scheme);
  for (const auto proxy : way.proxies) {
    value += ", ";
    append_node(value, proxy);
  }
  return value;
}

std::string forwarded_for_value(const ClientAddress& way) {
  std::string value(way.client);
  for (const auto proxy : way.proxies) value.append(", ").append(proxy);
  return value;
}

}  // namespace pgw::pipeline
