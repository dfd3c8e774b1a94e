#include "base/address.h"

#include <netinet/in.h>
#include <tuple>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("addresses read in every form and print in one") {
  const auto [text, printed] = GENERATE(table<std::string, std::string>({
      {"10.0.0.1", "10.0.0.1"},
      {"::ffff:10.0.0.1", "10.0.0.1"},
      {"::ffff:a00:1", "10.0.0.1"},
      {"2001:DB8:0:0::1", "2001:db8::1"},
      {"::", "::"},
      {"::1", "::1"},
  }));
  CAPTURE(text);
  const auto address = IpAddress::parse(text);
  REQUIRE(address);
  CHECK(address->text() == printed);
  CHECK(address->is_v4() == (printed.find(':') == std::string::npos));
  CHECK(IpAddress::parse(printed) == address);
}

TEST_CASE("what is no address is none") {
  const std::string text =
      GENERATE(as<std::string>(), "", "localhost", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "10.0.0.1:80",
               "[::1]", "fe80::1%eth0", ":::", std::string("10.0.0.1\0.evil", 14), std::string(100, '1'));
  CAPTURE(text);
  CHECK_FALSE(IpAddress::parse(text));
}

TEST_CASE("socket addresses of both families are told alike") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x7f000001);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
  v6.sin6_addr.s6_addr[12] = 127;
  v6.sin6_addr.s6_addr[15] = 1;
  const auto told_by_v4 = IpAddress::of(reinterpret_cast<const sockaddr&>(v4));
  const auto told_by_v6 = IpAddress::of(reinterpret_cast<const sockaddr&>(v6));
  REQUIRE(told_by_v4);
  CHECK(told_by_v4->text() == "127.0.0.1");
  CHECK(told_by_v6 == told_by_v4);
  v4.sin_family = AF_UNIX;
  CHECK_FALSE(IpAddress::of(reinterpret_cast<const sockaddr&>(v4)));
}

TEST_CASE("loopback is 127.0.0.0/8 and ::1") {
  for (const char* text : {"127.0.0.1", "127.255.0.1", "::ffff:127.0.0.1", "::1"})
    CHECK(IpAddress::parse(text)->is_loopback());
  for (const char* text : {"128.0.0.1", "::", "::2", "1::1", "0.0.0.0"})
    CHECK_FALSE(IpAddress::parse(text)->is_loopback());
}

TEST_CASE("a network holds what shares its prefix") {
  const auto [network, address, is_inside] = GENERATE(table<std::string, std::string, bool>({
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.128.0.0/9", "10.128.0.1", true},
      {"10.128.0.0/9", "10.127.255.255", false},
      {"10.0.0.4/30", "10.0.0.7", true},
      {"10.0.0.4/30", "10.0.0.8", false},
      {"10.0.0.1", "10.0.0.1", true},
      {"10.0.0.1", "10.0.0.2", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::ffff:10.0.0.0/104", "10.1.1.1", true},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "10.0.0.1", false},
  }));
  CAPTURE(network, address);
  REQUIRE(IpNetwork::parse(network));
  CHECK(IpNetwork::parse(network)->contains(*IpAddress::parse(address)) == is_inside);
}

TEST_CASE("two networks are everything, each of its own kind of address") {
  for (const char* text : {"0.0.0.0/0", "::/0"}) CHECK(IpNetwork::parse(text)->is_everything());
  for (const char* text : {"0.0.0.0/1", "8000::/1", "::/1", "0.0.0.0"})
    CHECK_FALSE(IpNetwork::parse(text)->is_everything());
}

TEST_CASE("a network prints with its prefix's length") {
  CHECK(IpNetwork::parse("10.0.0.0/8")->text() == "10.0.0.0/8");
  CHECK(IpNetwork::parse("10.0.0.1")->text() == "10.0.0.1/32");
  CHECK(IpNetwork::parse("2001:DB8::/32")->text() == "2001:db8::/32");
  CHECK(IpNetwork::parse("::1")->text() == "::1/128");
}

TEST_CASE("what is no network is none, bits behind the prefix included") {
  const std::string text =
      GENERATE(as<std::string>(), "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/8/8",
               "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/32", "host/8");
  CAPTURE(text);
  CHECK_FALSE(IpNetwork::parse(text));
}
