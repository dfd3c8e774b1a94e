// Certificates and keys in files (PEM, RFC 7468).
#pragma once

#include <filesystem>
#include <string>

namespace pgw::config {

/// Why the file can't give certificates; empty when it has at least one and all of them can be read.
std::string certificates_fault(const std::filesystem::path& path);

/// Why the file can't give a private key without a passphrase; empty when it can.
std::string private_key_fault(const std::filesystem::path& path);

}  // namespace pgw::config
