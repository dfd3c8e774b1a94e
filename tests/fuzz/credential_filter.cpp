// The credential on its way back. The input's first line says how each of its characters is written, the second and the
// third stand before and behind it. Promise: however it is written and wherever the body is cut, it doesn't get out,
// the body keeps its length, and a body without it passes untouched.
#include "gateway/upstream/credential_filter.h"

#include <algorithm>
#include <array>
#include <memory>

#include "tests/fuzz/fuzz.h"

namespace {

using pgw::fuzz::promise;

/// Its ends occur in no Base64, so that no occurrence runs into another.
constexpr std::string_view secret = "~sk/7Q+\"z\\9.b%=x~";

std::string base64(std::string_view bytes, std::string_view last_two) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  const auto take = [&](unsigned six) { out += six < letters.size() ? letters[six] : last_two[six - letters.size()]; };
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<std::uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) take((bits >> static_cast<unsigned>(count - 6)) & 63U);
    bits &= 63U;
  }
  if (count > 0) take((bits << static_cast<unsigned>(6 - count)) & 63U);
  return out;
}

/// The character in one of the ways that a writer of URLs or JSON has.
void write(std::string& out, char c, std::uint8_t way) {
  constexpr std::string_view lower = "0123456789abcdef";
  constexpr std::string_view upper = "0123456789ABCDEF";
  const auto byte = static_cast<std::uint8_t>(c);
  const auto hex = [&](std::string_view digits) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  };
  switch (way % 6) {
    case 1:
      out += '%';
      return hex(lower);
    case 2:
      out += '%';
      return hex(upper);
    case 3:
      out += "\\u00";
      return hex(lower);
    case 4:
      out += "\\u00";
      return hex(upper);
    case 5:
      if (c == '/' || c == '"' || c == '\\') out += '\\';
      break;
    default:
      break;
  }
  out += c;
}

/// The secret as the first line says: plain or of six kinds of Base64, and then each character in its way. What depends
/// on its neighbours as well is left off.
std::string written(std::string_view how) {
  std::string text(secret);
  const unsigned kind = how.empty() ? 0 : static_cast<std::uint8_t>(how[0]) % 7U;
  if (kind > 0) {
    const std::size_t before = (kind - 1) % 3;
    const std::string encoded = base64(std::string(before, 'x') + text, kind > 3 ? "-_" : "+/");
    const std::size_t first = (before * 8 + 5) / 6;
    text = encoded.substr(first, (before + text.size()) * 8 / 6 - first);
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    write(out, text[i], how.size() < 2 ? 0 : static_cast<std::uint8_t>(how[1 + i % (how.size() - 1)]));
  }
  return out;
}

std::string filtered(pgw::upstream::CredentialFilter& filter,
                     const std::shared_ptr<const pgw::upstream::Credential>& credential, std::string_view body,
                     std::size_t cut) {
  filter.begin(credential);
  std::string out(filter.pass(body.substr(0, cut)));
  out += filter.pass(body.substr(cut));
  out += filter.finish();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto credential = std::make_shared<const pgw::upstream::Credential>(
      "X-API-KEY", std::make_shared<const pgw::config::Secret>(secret));
  static pgw::upstream::CredentialFilter filter;
  if (size > 4096) return 0;
  const auto lines = pgw::fuzz::lines_of(pgw::fuzz::text_of(data, size), 3);
  const std::string occurrence = written(lines[0]);
  const std::string body = std::string(lines[1]) + occurrence + std::string(lines[2]);
  const std::string masked(occurrence.size(), '*');
  const std::string whole = filtered(filter, credential, body, body.size());
  promise(whole.size() == body.size(), "the body keeps its length");
  promise(whole.compare(lines[1].size(), masked.size(), masked) == 0, "the credential doesn't get out");
  promise(!credential->occurs_in(whole), "what got out has none");
  // Around the occurrence every seam, further off only some: the body is read once for each.
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    const bool is_near = cut + 8 >= lines[1].size() && cut <= lines[1].size() + masked.size() + 8;
    if (is_near || cut % 61 == 0) promise(filtered(filter, credential, body, cut) == whole, "seams don't matter");
  }
  const std::string without = std::string(lines[1]) + std::string(lines[2]);
  if (!credential->occurs_in(without)) {
    promise(filtered(filter, credential, without, lines[1].size()) == without, "all else passes as it is");
  }
  return 0;
}
