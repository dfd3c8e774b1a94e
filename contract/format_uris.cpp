#include "contract/format_uris.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>

#include <re2/re2.h>

#include "base/text.h"
#include "contract/formats.h"

namespace pgw::contract {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool is_address(int family, std::string_view text) {
  // A NUL would end what inet_pton reads.
  if (text.find('\0') != std::string_view::npos) return false;
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

/// The grammar of RFC 3986 appendix A, in which `other` are the characters beyond ASCII that may stand for themselves.
/// What stands in brackets as an IPv6 address is captured.
std::string uri_grammar(UriKind kind, const std::string& other) {
  const std::string encoded = "|%[0-9A-Fa-f]{2})";
  const std::string name = "(?:[A-Za-z0-9._~!$&'()*+,;=" + other + "-]" + encoded;
  const std::string user = "(?:[A-Za-z0-9._~!$&'()*+,;=:" + other + "-]" + encoded;
  const std::string character = "(?:[A-Za-z0-9._~!$&'()*+,;=:@" + other + "-]" + encoded;
  const std::string without_colon = "(?:[A-Za-z0-9._~!$&'()*+,;=@" + other + "-]" + encoded;
  const std::string literal = R"(\[(?:v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+|([0-9A-Fa-f:.]+))\])";
  const std::string authority = "(?:" + user + "*@)?(?:" + literal + "|" + name + "*)(?::[0-9]*)?";
  const std::string segments = "(?:/" + character + "*)*";
  const std::string rooted = "//" + authority + segments + "|/(?:" + character + "+" + segments + ")?";
  const std::string tail = R"((?:\?(?:)" + character + "|[/?])*)?(?:#(?:" + character + "|[/?])*)?";
  const std::string absolute = "[A-Za-z][A-Za-z0-9+.-]*:(?:" + rooted + "|" + character + "+" + segments + "|)" + tail;
  const std::string relative = "(?:" + rooted + "|" + without_colon + "+" + segments + "|)" + tail;
  return kind == UriKind::absolute ? absolute : absolute + "|" + relative;
}

bool is_of_grammar(std::string_view text, const re2::RE2& grammar) {
  std::array<re2::StringPiece, 3> parts;
  const int groups = std::min(2, grammar.NumberOfCapturingGroups());
  if (!grammar.Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, parts.data(), groups + 1)) return false;
  return std::all_of(parts.begin() + 1, parts.begin() + 1 + groups, [](const re2::StringPiece& address) {
    return address.data() == nullptr || is_ipv6({address.data(), address.size()});
  });
}

/// `is_character`: of a label beside hyphens.
template <typename Test>
bool is_name_of_labels(std::string_view text, std::size_t most_characters, Test is_character) {
  constexpr std::size_t longest_label = 63;
  if (text.empty() || code_points(text) > most_characters) return false;
  for (;;) {
    const auto end = text.find('.');
    const auto label = text.substr(0, end);
    const bool is_right = !label.empty() && code_points(label) <= longest_label && label.front() != '-' &&
                          label.back() != '-' &&
                          std::ranges::all_of(label, [&](char c) { return c == '-' || is_character(c); });
    if (!is_right) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

constexpr std::size_t longest_host = 253;

bool is_address_literal(std::string_view text) {
  constexpr std::string_view tag = "IPv6:";
  return text.starts_with(tag) ? is_ipv6(text.substr(tag.size())) : is_ipv4(text);
}

}  // namespace

bool is_ipv4(std::string_view text) {
  return is_address(AF_INET, text);
}

bool is_ipv6(std::string_view text) {
  return is_address(AF_INET6, text);
}

bool is_uri(std::string_view text, UriKind kind) {
  static const re2::RE2 absolute(uri_grammar(UriKind::absolute, ""));
  static const re2::RE2 reference(uri_grammar(UriKind::reference, ""));
  return is_of_grammar(text, kind == UriKind::absolute ? absolute : reference);
}

bool is_iri(std::string_view text, UriKind kind) {
  static const std::string beyond_ascii = R"(\x{a0}-\x{fdcf}\x{fdf0}-\x{ffef}\x{10000}-\x{10fffd})";
  static const re2::RE2 absolute(uri_grammar(UriKind::absolute, beyond_ascii));
  static const re2::RE2 reference(uri_grammar(UriKind::reference, beyond_ascii));
  return is_of_grammar(text, kind == UriKind::absolute ? absolute : reference);
}

bool is_uri_template(std::string_view text) {
  static const std::string variable =
      R"((?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?::[1-9][0-9]{0,3}|\*)?)";
  static const re2::RE2 grammar(R"((?:[^\x00-\x20"'<>\\^`{|}%\x7f]|%[0-9A-Fa-f]{2}|\{[+#./;?&=,!@|]?)" + variable +
                                "(?:," + variable + R"()*\})*)");
  return re2::RE2::FullMatch(piece(text), grammar);
}

bool is_hostname(std::string_view text) {
  return is_name_of_labels(text, longest_host, [](char c) { return base::is_letter(c) || base::is_digit(c); });
}

bool is_idn_hostname(std::string_view text) {
  // The other full stops that separate labels (RFC 3490 section 3.1) count as one.
  std::string name(text);
  for (const std::string_view stop : {"\u3002", "\uff0e", "\uff61"}) {
    for (auto at = name.find(stop); at != std::string::npos; at = name.find(stop))
      name.replace(at, stop.size(), 1, '.');
  }
  static const re2::RE2 characters(R"([\pL\pM\pN.\x{b7}\x{375}\x{5f3}\x{5f4}\x{200c}\x{200d}\x{30fb}-]*)");
  return re2::RE2::FullMatch(name, characters) && is_name_of_labels(name, longest_host, [](char c) {
           return base::is_letter(c) || base::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
         });
}

bool is_email(std::string_view text, bool is_international) {
  static const re2::RE2 ascii(
      R"(([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|"(?:[ !#-\[\]-~]|\\[ -~])*"))");
  static const re2::RE2 any(R"((?:[^\x00-\x20"(),.:;<>@\[\]\\\x7f]+(?:\.[^\x00-\x20"(),.:;<>@\[\]\\\x7f]+)*)"
                            R"(|"(?:[^\x00-\x1f"\\\x7f]|\\[ -~])*"))");
  constexpr std::size_t longest_local_part = 64;
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || code_points(text.substr(0, at)) > longest_local_part) return false;
  if (!re2::RE2::FullMatch(piece(text.substr(0, at)), is_international ? any : ascii)) return false;
  const auto domain = text.substr(at + 1);
  if (domain.size() > 2 && domain.starts_with('[') && domain.ends_with(']')) {
    return is_address_literal(domain.substr(1, domain.size() - 2));
  }
  return is_international ? is_idn_hostname(domain) : is_hostname(domain);
}

}  // namespace pgw::contract
