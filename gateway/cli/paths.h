// Where the program finds its files when it isn't told.
#pragma once

#include <filesystem>

namespace pgw::cli {

/// The first that exists of: /etc/projects-gateway/NAME, config/NAME beside the build folder of this program, and
/// share/projects-gateway/NAME beside its bin folder. The last candidate if none does, for the error message to name.
std::filesystem::path default_file(const char* name);

/// The same without /etc: files that come with this very program.
std::filesystem::path bundled_file(const char* name);

}  // namespace pgw::cli
