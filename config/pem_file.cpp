#include "config/pem_file.h"

#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "config/secret_file.h"

namespace pgw::config {
namespace {

template <auto Free>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const {
    Free(object);
  }
};
using PemText = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

/// Answers OpenSSL's question for a passphrase, which it would else ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

PemText opened(std::string_view content) {
  return PemText(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
}

}  // namespace

std::string certificates_fault(const std::filesystem::path& path) {
  const auto content = base::read_file(path);
  if (!content.failure.empty()) return "can't be read: " + content.failure;
  const PemText file = opened(content.text);
  std::size_t count = 0;
  ERR_clear_error();
  while (Certificate(PEM_read_bio_X509(file.get(), nullptr, no_passphrase, nullptr)) != nullptr) ++count;
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return "has a certificate that can't be read, after " + std::to_string(count) + " that can";
  return count == 0 ? "holds no certificate (PEM: -----BEGIN CERTIFICATE-----)" : "";
}

std::string private_key_fault(const std::filesystem::path& path) {
  const WipedText content(path);
  if (!content.failure().empty()) return content.failure();
  const PemText file = opened(content.view());
  const PrivateKey key(PEM_read_bio_PrivateKey(file.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key == nullptr ? "holds no private key without a passphrase (PEM: -----BEGIN PRIVATE KEY-----)" : "";
}

}  // namespace pgw::config
