#include "gateway/access/siphash.h"

#include <array>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/params.h>

#include "support/catch.h"

using namespace pgw::access;

namespace {

constexpr std::size_t hash_size = 16;
using Bytes = std::array<unsigned char, hash_size>;

Bytes bytes_of(const Hash128& hash) {
  Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(hash.low >> (8 * i));
    bytes[8 + i] = static_cast<unsigned char>(hash.high >> (8 * i));
  }
  return bytes;
}

Bytes openssl_siphash(const Hash128& secret, const std::string& text) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr),
                                                              &EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(mac.get()),
                                                                          &EVP_MAC_CTX_free);
  std::size_t size = hash_size;
  const std::array<OSSL_PARAM, 2> params{OSSL_PARAM_construct_size_t("size", &size), OSSL_PARAM_construct_end()};
  const Bytes key = bytes_of(secret);
  Bytes result{};
  std::size_t written = 0;
  REQUIRE(EVP_MAC_init(context.get(), key.data(), key.size(), params.data()) == 1);
  REQUIRE(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  REQUIRE(EVP_MAC_final(context.get(), result.data(), &written, result.size()) == 1);
  REQUIRE(written == result.size());
  return result;
}

}  // namespace

TEST_CASE("siphash agrees with OpenSSL's at every length up to several words", "[access]") {
  const Hash128 secret{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string text;
  for (int length = 0; length <= 70; ++length) {
    CAPTURE(length);
    CHECK(bytes_of(siphash(secret, text)) == openssl_siphash(secret, text));
    text += static_cast<char>(0xf0 + length);
  }
}

TEST_CASE("siphash under another secret is another hash", "[access]") {
  CHECK_FALSE(siphash({1, 2}, "pgw_key") == siphash({1, 3}, "pgw_key"));
  CHECK_FALSE(siphash({1, 2}, "pgw_key") == siphash({2, 2}, "pgw_key"));
}
