#include "config/file_access.h"

#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::Directory;

namespace {

struct stat status_of(uid_t user, gid_t group, mode_t mode) {
  struct stat status = {};
  status.st_uid = user;
  status.st_gid = group;
  status.st_mode = S_IFREG | mode;
  return status;
}

/// A user whom the machine has no entry of.
constexpr uid_t nobody_known = 3'999'999;

}  // namespace

TEST_CASE("a file that everyone or a foreign group may write has others who may") {
  const uid_t own = ::geteuid();
  const std::string everyone = "everyone on this machine may write the file; take that right away (chmod o-w)";
  const std::string group = "the group 54321 may write the file; take that right away (chmod g-w)";
  auto [mode, group_id, expected] = GENERATE_COPY(table<mode_t, gid_t, std::string>({
      {0600, 54'321, ""},
      {0644, 54'321, ""},
      {0660, 54'321, group},
      {0662, 54'321, everyone},
      {0602, 54'321, everyone},
      {0666, 0, everyone},
  }));
  CHECK(who_else_may_write(status_of(own, group_id, mode)) == expected);
  CHECK(who_else_may_write(status_of(0, 54'321, mode)) == (group_id == 0 ? everyone : expected));
}

TEST_CASE("the group of a user alone is nobody else") {
  CHECK(who_else_may_write(status_of(0, 0, 0660)).empty());
  REQUIRE(::setenv("SUDO_UID", std::to_string(nobody_known).c_str(), 1) == 0);
  CHECK(who_else_may_write(status_of(nobody_known, nobody_known, 0664)).empty());
  CHECK_FALSE(who_else_may_write(status_of(nobody_known, nobody_known + 1, 0664)).empty());
  ::unsetenv("SUDO_UID");
}

TEST_CASE("a file is root's, this process's, or of the user who called sudo") {
  const std::string foreign =
      "the file belongs to the user 3999999, who is neither root nor the user of this process; "
      "give it to one of them (chown)";
  const auto theirs = status_of(nobody_known, nobody_known, 0600);
  CHECK(who_else_may_write(status_of(0, 0, 0600)).empty());
  CHECK(who_else_may_write(status_of(::geteuid(), ::getegid(), 0600)).empty());
  CHECK(who_else_may_write(theirs) == foreign);
  for (const char* other : {"0", "39999990", "3999999x", "-1", ""}) {
    REQUIRE(::setenv("SUDO_UID", other, 1) == 0);
    CHECK(who_else_may_write(theirs) == foreign);
  }
  REQUIRE(::setenv("SUDO_UID", "3999999", 1) == 0);
  CHECK(who_else_may_write(theirs).empty());
  ::unsetenv("SUDO_UID");
}

TEST_CASE("files are asked for their rights, and a missing one has none") {
  const Directory directory;
  CHECK(who_else_may_write(directory.write("open", "", 0602)) ==
        "everyone on this machine may write the file; take that right away (chmod o-w)");
  CHECK(who_else_may_read(directory.write("read", "", 0604)) ==
        "everyone on this machine may read the file; take that right away (chmod o-r)");
  CHECK(who_else_may_read(directory.write("own", "", 0640)).empty());
  CHECK(who_else_may_write(directory / "own").empty());
  CHECK(who_else_may_write(directory / "missing").empty());
  CHECK(who_else_may_read(directory / "missing").empty());
}

TEST_CASE("why a file can't be read is what the system says") {
  const Directory directory;
  CHECK(why_unreadable(directory.write("file", "")).empty());
  CHECK(why_unreadable(directory / "missing") == "No such file or directory");
  CHECK(why_unreadable(directory / "") == "Is a directory");
}
