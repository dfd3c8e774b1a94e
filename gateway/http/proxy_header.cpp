#include "gateway/http/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"

namespace pgw::http {
namespace {

using HeaderState = ProxyHeader::State;

constexpr std::string_view line_break = "\r\n";

// ---- version 1: PROXY SP family SP source SP destination SP source port SP destination port CRLF ----

constexpr std::string_view word_of_version_1 = "PROXY ";
constexpr std::size_t max_line = 107;  // CRLF included

bool is_port(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool has_leading_zero = text.size() > 1 && text.front() == '0';
  return error == std::errc{} && end == text.data() + text.size() && number <= 65535 && !has_leading_zero;
}

std::optional<base::IpAddress> parse_address(std::string_view text, bool is_v6) {
  if ((text.find(':') != std::string_view::npos) != is_v6) return std::nullopt;
  return base::IpAddress::parse(text);
}

ProxyHeader parse_line(std::string_view line) {
  const std::size_t size = line.size() + line_break.size();
  line.remove_prefix(word_of_version_1.size());
  if (line == "UNKNOWN" || line.substr(0, 8) == "UNKNOWN ") return {HeaderState::complete, size, {}};

  std::array<std::string_view, 5> words;
  for (std::string_view& word : words) {
    word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    if (&word != &words.back() && line.empty()) return {HeaderState::malformed, 0, {}};
  }
  const auto [family, source_text, destination_text, source_port, destination_port] = words;
  if (!line.empty() || (family != "TCP4" && family != "TCP6")) return {HeaderState::malformed, 0, {}};
  const auto source = parse_address(source_text, family == "TCP6");
  const auto destination = parse_address(destination_text, family == "TCP6");
  if (!source || !destination || !is_port(source_port) || !is_port(destination_port))
    return {HeaderState::malformed, 0, {}};
  return {HeaderState::complete, size, source};
}

ProxyHeader parse_version_1(std::string_view received) {
  const std::string_view seen = received.substr(0, max_line);
  const auto end = seen.find('\r');
  if (end == std::string_view::npos)
    return {seen.size() < max_line ? HeaderState::incomplete : HeaderState::malformed, 0, {}};
  if (end + 1 == seen.size()) return {end + 1 < max_line ? HeaderState::incomplete : HeaderState::malformed, 0, {}};
  if (seen[end + 1] != '\n') return {HeaderState::malformed, 0, {}};
  return parse_line(seen.substr(0, end));
}

// ---- version 2: signature, version and command, family and transport, length, addresses, type-length-values ----

constexpr std::string_view signature_of_version_2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_size = 16;

enum Command : std::uint8_t { local = 0x20, proxy = 0x21 };
enum Family : std::uint8_t { unspecified = 0x00, tcp_over_v4 = 0x11, tcp_over_v6 = 0x21, unix_stream = 0x31 };

std::optional<base::IpAddress> read_address(const char* bytes, bool is_v6) {
  sockaddr_storage storage{};
  if (is_v6) {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    std::memcpy(&address.sin6_addr, bytes, sizeof address.sin6_addr);
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, bytes, sizeof address.sin_addr);
  }
  return base::IpAddress::of(reinterpret_cast<const sockaddr&>(storage));
}

// The bytes that the addresses of a family take; none for a family that no stream has.
std::optional<std::size_t> address_size(std::uint8_t family) {
  switch (family) {
    case unspecified:
      return 0;
    case tcp_over_v4:
      return 12;
    case tcp_over_v6:
      return 36;
    case unix_stream:
      return 216;
    default:
      return std::nullopt;
  }
}

ProxyHeader parse_version_2(std::string_view received) {
  if (received.size() < fixed_size) return {};
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(received[at]); };
  const std::uint8_t command = byte(12);
  const std::uint8_t family = byte(13);
  const std::size_t length = byte(14) * std::size_t{256} + byte(15);
  const std::size_t size = fixed_size + length;
  if ((command != local && command != proxy) || size > max_proxy_header) return {HeaderState::malformed, 0, {}};
  const auto needed = command == local ? 0 : address_size(family);  // a LOCAL connection's family means nothing
  if (!needed || length < *needed) return {HeaderState::malformed, 0, {}};
  if (received.size() < size) return {};
  const bool has_source = command == proxy && (family == tcp_over_v4 || family == tcp_over_v6);
  if (!has_source) return {HeaderState::complete, size, {}};
  return {HeaderState::complete, size, read_address(received.data() + fixed_size, family == tcp_over_v6)};
}

bool begins_like(std::string_view received, std::string_view begin) {
  const std::size_t size = std::min(received.size(), begin.size());
  return received.substr(0, size) == begin.substr(0, size);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view received) {
  for (const auto& [begin, parse] :
       {std::pair(word_of_version_1, &parse_version_1), std::pair(signature_of_version_2, &parse_version_2)}) {
    if (!begins_like(received, begin)) continue;
    return received.size() < begin.size() ? ProxyHeader{} : parse(received);
  }
  return {HeaderState::absent, 0, {}};
}

}  // namespace pgw::http
