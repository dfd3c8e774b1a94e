// IP addresses and networks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace pgw::base {

/// An IPv4 or IPv6 address, without port and zone. An IPv4-mapped IPv6 address (::ffff:10.0.0.1) is that IPv4 address.
class IpAddress {
 public:
  /// "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"; nullopt for anything else, brackets, zones and names included.
  static std::optional<IpAddress> parse(std::string_view text);

  /// The address of an AF_INET or AF_INET6 socket address; nullopt for another family.
  static std::optional<IpAddress> of(const sockaddr& address);

  bool is_v4() const;
  bool is_loopback() const;

  /// As `parse` reads it; IPv4 in dotted decimals.
  std::string text() const;

  /// In network order; IPv4 in its mapped form.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpNetwork;
  using Bytes = std::array<std::uint8_t, 16>;
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}

  Bytes bytes_;  // IPv4 in its mapped form
};

/// The addresses that share a prefix. IPv4 addresses are in IPv4 networks only.
class IpNetwork {
 public:
  /// "10.0.0.0/8", "2001:db8::/32", or one address. Nullopt for anything else, such as a prefix that is longer than the
  /// address, or an address with bits set behind the prefix ("10.0.0.1/8"), which is likely a slip.
  static std::optional<IpNetwork> parse(std::string_view text);

  bool contains(const IpAddress& address) const;

  /// "0.0.0.0/0" or "::/0".
  bool is_everything() const;

  /// As `parse` reads it, with the prefix's length.
  std::string text() const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpNetwork(const IpAddress& first, unsigned prefix) : first_(first), prefix_(prefix) {}

  unsigned length() const;  // of the prefix, as it is written

  IpAddress first_;
  unsigned prefix_;  // in bits of the 16 bytes
};

}  // namespace pgw::base
