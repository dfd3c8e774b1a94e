// The certificates that the upstream's is verified with.
#pragma once

#include <memory>
#include <string>

#include <openssl/x509.h>

namespace pgw::upstream {

struct StoreDeleter {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

/// Reads a PEM bundle once for all connections: libcurl would read it for each, and the system's bundle takes 20 ms.
/// Empty path: the system's. Thread-safe once loaded. Null if the file can't be used.
std::shared_ptr<X509_STORE> load_trust(const std::string& ca_file);

}  // namespace pgw::upstream
