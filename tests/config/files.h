// Files to read, and problems as text to compare with.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include "contract/document.h"

namespace pgw::config::test {

/// A directory that goes with the test.
class Directory {
 public:
  Directory() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }

  std::filesystem::path operator/(std::string_view name) const { return std::filesystem::path(path_) / name; }

  /// Writes a file that only its owner may read.
  std::filesystem::path write(std::string_view name, std::string_view content, mode_t mode = 0600) const {
    auto path = *this / name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "pgw-config-XXXXXX").string();
};

/// A certificate and its key, of nobody.
inline constexpr std::string_view certificate = R"(-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUBKaMvk7gj7Hz7qNTdpXHoZSIFYMwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjgwMjUzMjhaGA8yMTI2MTEwNDAyNTMy
OFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABK2t
U1aEGLYOQ6qXMpb0CvT7DFHHYxQYodTbGLO3KSqrbv+f09TY9vmWWSZtmwmbaHac
mjnc76/WvCQFqvT4JwqjUzBRMB0GA1UdDgQWBBRCYqPgs7UHo0oOSh/9AREW/TYN
bjAfBgNVHSMEGDAWgBRCYqPgs7UHo0oOSh/9AREW/TYNbjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQDgnccAnqyIzoQ0YitDJFoMx9ra0hOoF2Mo
Wkd7xreZpQIhAIQsaN2WSu78WOsCcwAKjJLYR/A831AoyBSHsgM3oqzF
-----END CERTIFICATE-----
)";
inline constexpr std::string_view private_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgufYNuw9P/mnJ6M0S
VHPOq9SOIFxD4EbiSI5YBuzQQ92hRANCAAStrVNWhBi2DkOqlzKW9Ar0+wxRx2MU
GKHU2xiztykqq27/n9PU2Pb5llkmbZsJm2h2nJo53O+v1rwkBar0+CcK
-----END PRIVATE KEY-----
)";

/// "4:3: error: message", or "error: message" without a place in the file, whose name is left out.
inline std::vector<std::string> lines(const std::vector<contract::Problem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    const std::string text = contract::to_string(problem);
    const std::size_t separator = problem.place.line > 0 ? 1 : 2;  // "file:4:3: error: ..." or "file: error: ..."
    out.push_back(text.substr(problem.place.file.size() + separator));
  }
  return out;
}

}  // namespace pgw::config::test
