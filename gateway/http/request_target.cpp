#include "gateway/http/request_target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "base/text.h"

namespace pgw::http {
namespace {

constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// unreserved / sub-delims / "%" of RFC 3986 section 3.2.2. Percent-encoding is not checked further.
constexpr std::array<bool, 256> make_reg_name_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 128; ++c) table[c] = is_alnum(static_cast<char>(c));
  for (const char c : std::string_view("-._~!$&'()*+,;=%")) table[static_cast<std::uint8_t>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> is_reg_name_char = make_reg_name_table();

constexpr bool is_ascii(char c) {
  return static_cast<std::uint8_t>(c) < 0x80;
}

// What a target may hold: VCHAR but "#", since it has no fragment; and beyond ASCII what clients send raw that should
// encode it, as services accept.
enum TargetByte : std::uint8_t { plain = 0, beyond_ascii = 1, refused = 2 };

constexpr std::array<std::uint8_t, 256> make_target_table() {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = c >= 0x80 ? beyond_ascii : c > 0x20 && c < 0x7f && c != '#' ? plain : refused;
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> target_bytes = make_target_table();

// Every kind of byte that is there, as one mask.
unsigned kinds_in(std::string_view target) {
  unsigned kinds = 0;
  for (const char c : target) kinds |= target_bytes[static_cast<std::uint8_t>(c)];
  return kinds;
}

bool is_valid_port(std::string_view port) {
  if (port.empty()) return true;  // RFC 3986 section 3.2.3: the colon may stand alone
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc{} && end == port.data() + port.size() && number <= 65535;
}

bool is_valid_ip_literal(std::string_view inside) {
  return !inside.empty() && std::all_of(inside.begin(), inside.end(), [](char c) {
    return is_reg_name_char[static_cast<std::uint8_t>(c)] || c == ':';
  });
}

// A target beyond ASCII becomes the one that the client should have sent (RFC 3986 section 2.5).
void assign_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out.clear();
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (is_ascii(c)) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4U], digits[byte & 0xfU]};
    }
  }
}

void split_query(std::string_view path_and_query, bool is_ascii_only, Request& request) {
  const auto mark = path_and_query.find('?');
  request.has_query = mark != std::string_view::npos;
  const auto assign = [&](std::string& out, std::string_view text) {
    is_ascii_only ? static_cast<void>(out.assign(text)) : assign_encoded(out, text);
  };
  assign(request.path, path_and_query.substr(0, mark));
  if (request.has_query) assign(request.query, path_and_query.substr(mark + 1));
}

bool parse_absolute(std::string_view target, bool is_ascii_only, Request& request) {
  const auto colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const auto scheme = target.substr(0, colon);
  if (!base::iequals(scheme, "http") && !base::iequals(scheme, "https")) return false;
  const auto rest = target.substr(colon + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  if (!is_valid_host(authority)) return false;
  request.host.assign(authority);
  const auto path_and_query = rest.substr(authority.size());
  split_query(path_and_query, is_ascii_only, request);
  if (request.path.empty()) request.path = request.method == "OPTIONS" && !request.has_query ? "*" : "/";
  return true;
}

}  // namespace

bool is_valid_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const auto bracket = host.find(']');
    if (bracket == std::string_view::npos || !is_valid_ip_literal(host.substr(1, bracket - 1))) return false;
    const auto rest = host.substr(bracket + 1);
    return rest.empty() || (rest.front() == ':' && is_valid_port(rest.substr(1)));
  }
  const auto colon = host.find(':');
  const auto name = host.substr(0, colon);
  if (name.empty()) return false;
  if (!std::all_of(name.begin(), name.end(), [](char c) { return is_reg_name_char[static_cast<std::uint8_t>(c)]; })) {
    return false;
  }
  return colon == std::string_view::npos || is_valid_port(host.substr(colon + 1));
}

bool parse_target(Request& request) {
  const std::string_view target = request.target;
  const unsigned kinds = kinds_in(target);
  if ((kinds & refused) != 0) return false;
  const bool is_ascii_only = (kinds & beyond_ascii) == 0;
  if (target.front() == '/') {
    split_query(target, is_ascii_only, request);
    return true;
  }
  if (target == "*") {
    request.path = "*";
    return request.method == "OPTIONS";
  }
  return parse_absolute(target, is_ascii_only, request);
}

}  // namespace pgw::http
