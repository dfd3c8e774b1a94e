#include "config/file_access.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pgw::config {
namespace {

/// Who became root by sudo.
std::optional<uid_t> caller_of_sudo() {
  const char* const text = std::getenv("SUDO_UID");
  uid_t uid = 0;
  if (text == nullptr) return std::nullopt;
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, uid);
  return error == std::errc{} && stop == end ? std::optional(uid) : std::nullopt;
}

/// Whether nobody but the user is in the group: it is the user's first one and has the user's name, or the number where
/// there are no names (a container).
bool is_own_group(uid_t user, gid_t group) {
  std::array<char, 4096> user_buffer{};
  std::array<char, 4096> group_buffer{};
  passwd user_entry{};
  struct group group_entry {};
  passwd* found_user = nullptr;
  struct group* found_group = nullptr;
  ::getpwuid_r(user, &user_entry, user_buffer.data(), user_buffer.size(), &found_user);
  if (found_user == nullptr) return group == user;
  ::getgrgid_r(group, &group_entry, group_buffer.data(), group_buffer.size(), &found_group);
  return found_user->pw_gid == group &&
         (found_group == nullptr || std::string_view(found_group->gr_name) == found_user->pw_name);
}

}  // namespace

std::string errno_text() {
  return std::error_code(errno, std::generic_category()).message();
}

std::string why_unreadable(const std::filesystem::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return errno_text();
  if (S_ISDIR(status.st_mode)) return "Is a directory";
  if (::access(path.c_str(), R_OK) != 0) return errno_text();
  return {};
}

std::string who_else_may_write(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) {
    return "everyone on this machine may write the file; take that right away (chmod o-w)";
  }
  if ((status.st_mode & S_IWGRP) != 0 && !is_own_group(status.st_uid, status.st_gid)) {
    return "the group " + std::to_string(status.st_gid) + " may write the file; take that right away (chmod g-w)";
  }
  const uid_t owner = status.st_uid;
  if (owner == 0 || owner == ::geteuid() || owner == caller_of_sudo()) return {};
  return "the file belongs to the user " + std::to_string(owner) +
         ", who is neither root nor the user of this process; give it to one of them (chown)";
}

std::string who_else_may_write(const std::filesystem::path& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? who_else_may_write(status) : std::string();
}

std::string who_else_may_read(const std::filesystem::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return {};
  return "everyone on this machine may read the file; take that right away (chmod o-r)";
}

}  // namespace pgw::config
