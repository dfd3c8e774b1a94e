#include "config/pem_file.h"

#include <string>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::certificate;
using pgw::config::test::Directory;
using pgw::config::test::private_key;

TEST_CASE("a bundle has at least one certificate, and all of them can be read") {
  const Directory directory;
  const std::string one(certificate);
  const std::string none = "holds no certificate (PEM: -----BEGIN CERTIFICATE-----)";
  CHECK(certificates_fault(directory.write("one", one)).empty());
  CHECK(certificates_fault(directory.write("two", "a comment\n" + one + one)).empty());
  CHECK(certificates_fault(directory.write("empty", "")) == none);
  CHECK(certificates_fault(directory.write("text", "no certificate\n")) == none);
  CHECK(certificates_fault(directory.write("key", private_key)) == none);
  CHECK(certificates_fault(directory.write("cut", one + one.substr(0, one.size() / 2))) ==
        "has a certificate that can't be read, after 1 that can");
  CHECK(certificates_fault(
            directory.write("rubbish", "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n")) ==
        "has a certificate that can't be read, after 0 that can");
  CHECK(certificates_fault(directory / "missing") == "can't be read: No such file or directory");
  CHECK(certificates_fault("/dev/zero") == "can't be read: is larger than 64 MiB");
}

TEST_CASE("a key is a private key without a passphrase") {
  const Directory directory;
  const std::string none = "holds no private key without a passphrase (PEM: -----BEGIN PRIVATE KEY-----)";
  CHECK(private_key_fault(directory.write("key", private_key)).empty());
  CHECK(private_key_fault(directory.write("certificate", certificate)) == none);
  CHECK(private_key_fault(directory.write("empty", "")) == none);
}
