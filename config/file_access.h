// Who beside the operator may read and write a file that the gateway believes.
#pragma once

#include <filesystem>
#include <string>

struct stat;

namespace pgw::config {

/// What errno says.
std::string errno_text();

/// Why `path` can't be read as a file; empty when it can.
std::string why_unreadable(const std::filesystem::path& path);

/// Who may change the file beside root, the user of this process and the user who called sudo, and what to do against
/// it; empty: nobody. Others may when the mode says so, when a group does that is not the owner's own (Debian gives
/// each user one, and a umask that trusts it), and when the file is theirs.
std::string who_else_may_write(const struct stat& status);
/// The same; empty when there is no such file.
std::string who_else_may_write(const std::filesystem::path& path);

/// That everyone may read the file, and what to do against it; empty: they may not, or there is no such file.
std::string who_else_may_read(const std::filesystem::path& path);

}  // namespace pgw::config
