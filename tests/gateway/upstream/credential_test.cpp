#include <algorithm>
#include <cctype>
#include <string>

#include "gateway/upstream/credential_filter.h"
#include "support/catch.h"

using pgw::config::Secret;
using pgw::upstream::Credential;
using pgw::upstream::CredentialFilter;

namespace {

// Repeats itself, so that a partial match may begin inside of another.
constexpr std::string_view secret = "abcabcabd-0123456789";

std::shared_ptr<const Credential> credential(std::string header = "X-API-KEY", std::string_view value = secret) {
  return std::make_shared<const Credential>(std::move(header), std::make_shared<const Secret>(value));
}

std::string line_of(const Credential& credential) {
  std::string line;
  credential.append_field_line(line);
  return line;
}

CredentialFilter filter_of(std::shared_ptr<const Credential> credential) {
  CredentialFilter filter;
  filter.begin(std::move(credential));
  return filter;
}

std::string filtered(std::string_view body, std::size_t piece_size, std::string_view value = secret) {
  auto filter = filter_of(credential("X-API-KEY", value));
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += piece_size) out += filter.pass(body.substr(at, piece_size));
  out += filter.finish();
  return out;
}

}  // namespace

TEST_CASE("the filter overwrites the credential however the body is cut into pieces") {
  const std::string stars(secret.size(), '*');
  const std::string body =
      "abcabc" + std::string(secret) + "," + std::string(secret) + std::string(secret) + "abcabcab";
  const std::string expected = "abcabc" + stars + "," + stars + stars + "abcabcab";
  const auto piece_size = GENERATE(range(std::size_t{1}, std::size_t{80}));
  CAPTURE(piece_size);
  CHECK(filtered(body, piece_size) == expected);
}

TEST_CASE("the filter passes everything else untouched") {
  const auto piece_size = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{1000});
  const auto body = GENERATE(as<std::string>{}, "", "abc", "abcabcabc-0123456789", R"({"name":"a project"})");
  CHECK(filtered(body, piece_size) == body);
}

TEST_CASE("of an Authorization the token is the secret, whatever stands before it") {
  const std::string stars(secret.size(), '*');
  for (const std::string scheme : {"", "Bearer ", "Bearer  "}) {
    const auto key = credential("Authorization", scheme + std::string(secret));
    CHECK(key->occurs_in("token=" + std::string(secret)));
    auto filter = filter_of(key);
    CHECK(filter.pass("Bearer " + std::string(secret) + ".") == "Bearer " + stars + ".");
    CHECK(line_of(*key) == "Authorization: " + scheme + std::string(secret) + "\r\n");
  }
}

TEST_CASE("without a credential the filter is a pipe") {
  auto filter = filter_of(nullptr);
  CHECK(filter.pass(secret) == secret);
  CHECK(filter.finish().empty());
}

TEST_CASE("a credential tells where it occurs and makes its own field line") {
  const auto key = credential();
  CHECK(key->occurs_in("Bearer " + std::string(secret) + "!"));
  CHECK_FALSE(key->occurs_in("abcabcabd-012345678"));
  CHECK(line_of(*key) == "X-API-KEY: " + std::string(secret) + "\r\n");
}

namespace {

// All kinds of characters that encoders treat differently.
constexpr std::string_view odd_secret = R"(sk-a/b+c="d\e%41~f&g<h>_0123456789)";

enum class Coding { raw, json, json_all, percent, percent_lower, percent_all, json_of_percent, base64, base64url };

std::string hex2(unsigned char c, bool lower) {
  const char* const digits = lower ? "0123456789abcdef" : "0123456789ABCDEF";
  return {digits[c >> 4], digits[c & 15]};
}

std::string base64(std::string_view text, bool url) {
  const std::string letters =
      std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + (url ? "-_" : "+/");
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += letters[(bits >> (count - 6)) & 63];
  }
  if (count > 0) out += letters[(bits << (6 - count)) & 63];
  while (!url && out.size() % 4 != 0) out += '=';
  return out;
}

std::string encoded(std::string_view text, Coding coding) {
  if (coding == Coding::base64 || coding == Coding::base64url) return base64(text, coding == Coding::base64url);
  if (coding == Coding::json_of_percent) return encoded(encoded(text, Coding::percent), Coding::json);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '~' || c == '.';
    switch (coding) {
      case Coding::json:
        if (c == '"' || c == '\\' || c == '/') out += '\\';
        out += c == '<' || c == '>' || c == '&' ? "\\u00" + hex2(byte, true) : std::string(1, c);
        break;
      case Coding::json_all:
        out += "\\u00" + hex2(byte, false);
        break;
      case Coding::percent:
      case Coding::percent_lower:
        out += is_plain || c == '/' ? std::string(1, c) : "%" + hex2(byte, coding == Coding::percent_lower);
        break;
      case Coding::percent_all:
        out += "%" + hex2(byte, false);
        break;
      default:
        out += c;
        break;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the filter finds the credential in every coding and over every seam, and keeps lengths") {
  const auto coding = GENERATE(Coding::raw, Coding::json, Coding::json_all, Coding::percent, Coding::percent_lower,
                               Coding::percent_all, Coding::json_of_percent);
  const auto value = GENERATE(secret, odd_secret);
  const auto piece_size = GENERATE(range(std::size_t{1}, std::size_t{40}));
  CAPTURE(static_cast<int>(coding), value, piece_size);
  const std::string hidden = encoded(value, coding);
  const std::string body = "{\"a%\\u00\":\"abc" + hidden + "%4" + hidden + "\"}";
  const std::string stars(hidden.size(), '*');
  CHECK(filtered(body, piece_size, value) == "{\"a%\\u00\":\"abc" + stars + "%4" + stars + "\"}");
}

TEST_CASE("the filter finds the credential in Base64 whatever stands around it") {
  const auto coding = GENERATE(Coding::base64, Coding::base64url);
  const auto value = GENERATE(secret, odd_secret);
  const auto before = GENERATE(as<std::string>{}, "", "x", "xy", "xyz", "user:");
  const auto after = GENERATE(as<std::string>{}, "", "z", "zz", "zzz");
  const auto piece_size = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1000});
  CAPTURE(static_cast<int>(coding), value, before, after, piece_size);
  const std::string body = encoded(before + std::string(value) + after, coding);
  const std::string result = filtered(body, piece_size, value);
  CHECK(result.size() == body.size());
  CHECK(static_cast<std::size_t>(std::count(result.begin(), result.end(), '*')) >= value.size() * 4 / 3 - 3);
}

TEST_CASE("what a stream sends is not held back, unless it ends in what may be the credential's beginning") {
  auto filter = filter_of(credential());
  CHECK(filter.pass("data: {\"a\":1}\n\n") == "data: {\"a\":1}\n\n");
  CHECK(filter.pass("data: 12%") == "data: 12");
  CHECK(filter.pass("0 of abcab") == "%0 of ");
  CHECK(filter.pass(" and so on") == "abcab and so on");
  CHECK(filter.finish().empty());
}

TEST_CASE("a body that is full of beginnings costs what its length says") {
  std::string body;
  while (body.size() < 400'000) body += "abcabcab%61%62%63\\u0061";
  CHECK(filtered(body, 16'384) == body);
}
