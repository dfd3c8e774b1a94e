#include "gateway/upstream/credential.h"

#include <string>

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

std::string filtered(std::string_view body, std::size_t piece_size) {
  CredentialFilter filter(credential());
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
    CredentialFilter filter(key);
    CHECK(filter.pass("Bearer " + std::string(secret) + ".") == "Bearer " + stars + ".");
    CHECK(key->field_line() == "Authorization: " + scheme + std::string(secret));
  }
}

TEST_CASE("without a credential the filter is a pipe") {
  CredentialFilter filter(nullptr);
  CHECK(filter.pass(secret) == secret);
  CHECK(filter.finish().empty());
}

TEST_CASE("a credential tells where it occurs and makes its own field line") {
  const auto key = credential();
  CHECK(key->occurs_in("Bearer " + std::string(secret) + "!"));
  CHECK_FALSE(key->occurs_in("abcabcabd-012345678"));
  CHECK(key->field_line() == "X-API-KEY: " + std::string(secret));
}
