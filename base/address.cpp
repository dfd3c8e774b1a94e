#include "base/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pgw::base {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned mapped_bits = 96;
constexpr unsigned all_bits = 128;

/// Whether every bit behind the first `prefix` is zero.
bool ends_in_zeros(const std::array<std::uint8_t, 16>& bytes, unsigned prefix) {
  for (unsigned bit = prefix; bit < all_bits; ++bit) {
    if ((bytes[bit / 8] >> (7 - bit % 8) & 1U) != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton stops at a NUL, which must not hide what follows it.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  Bytes bytes{};
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data() + mapped_prefix.size()) == 1) return IpAddress(bytes);
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
  Bytes bytes{};
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return IpAddress(bytes);
  }
  if (address.sa_family != AF_INET) return std::nullopt;
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
  std::memcpy(bytes.data() + mapped_prefix.size(), &v4.sin_addr, sizeof v4.sin_addr);
  return IpAddress(bytes);
}

bool IpAddress::is_v4() const {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[mapped_prefix.size()] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; }) &&
         bytes_.back() == 1;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const std::uint8_t* const from = bytes_.data() + (is_v4() ? mapped_prefix.size() : 0);
  ::inet_ntop(is_v4() ? AF_INET : AF_INET6, from, out.data(), out.size());
  return out.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool written_as_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  unsigned prefix = all_bits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (prefix > (written_as_v4 ? all_bits - mapped_bits : all_bits)) return std::nullopt;
    if (written_as_v4) prefix += mapped_bits;
  }
  if (!ends_in_zeros(address->bytes_, prefix)) return std::nullopt;
  return IpNetwork(*address, prefix);
}

bool IpNetwork::contains(const IpAddress& address) const {
  // ::/0 holds every IPv6 address, but an IPv4 address is no IPv6 address that happens to be written so.
  if (address.is_v4() != first_.is_v4()) return false;
  const unsigned whole = prefix_ / 8;
  if (!std::equal(address.bytes_.begin(), address.bytes_.begin() + whole, first_.bytes_.begin())) return false;
  const unsigned rest = prefix_ % 8;
  return rest == 0 || (address.bytes_[whole] ^ first_.bytes_[whole]) >> (8 - rest) == 0;
}

bool IpNetwork::is_everything() const {
  return length() == 0;
}

std::string IpNetwork::text() const {
  return first_.text() + "/" + std::to_string(length());
}

unsigned IpNetwork::length() const {
  return first_.is_v4() ? prefix_ - mapped_bits : prefix_;
}

}  // namespace pgw::base
