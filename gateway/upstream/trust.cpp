#include "gateway/upstream/trust.h"

#include <openssl/x509_vfy.h>

namespace pgw::upstream {

std::shared_ptr<X509_STORE> load_trust(const std::string& ca_file) {
  std::unique_ptr<X509_STORE, StoreDeleter> store(X509_STORE_new());
  if (store == nullptr) return nullptr;
  const int loaded = ca_file.empty() ? X509_STORE_set_default_paths(store.get())
                                     : X509_STORE_load_locations(store.get(), ca_file.c_str(), nullptr);
  if (loaded != 1) return nullptr;
  // As libcurl has it: an intermediate certificate that is trusted ends the chain.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  return {store.release(), StoreDeleter{}};
}

}  // namespace pgw::upstream
