#include "config/admin_tokens.h"

#include <string>
#include <tuple>
#include <vector>

#include "config/files.h"
#include "support/catch.h"

using namespace pgw::config;
using pgw::config::test::Directory;
using pgw::config::test::lines;

namespace {

using Lines = std::vector<std::string>;

const std::string token_a = "0123456789abcdef";
const std::string token_b = "ABCDEF-._~+/0123==";

}  // namespace

TEST_CASE("tokens are read with what they may") {
  const Directory directory;
  const auto loaded = load_admin_tokens(directory.write(
      "tokens", "# of the operators\n\nread:" + token_a + "\r\n  change:" + token_b + "  \nread:" + token_b));
  CHECK(lines(loaded.problems).empty());
  REQUIRE(loaded.tokens.size() == 3);
  CHECK(loaded.tokens[0].right == AdminRight::read);
  CHECK(loaded.tokens[0].value.equals(token_a));
  CHECK(loaded.tokens[1].right == AdminRight::change);
  CHECK(loaded.tokens[1].value.equals(token_b));
  CHECK(loaded.tokens[2].right == AdminRight::read);
}

TEST_CASE("mistakes of a token file are told with their line and never quoted") {
  const Directory directory;
  auto [content, expected] = GENERATE(table<std::string, Lines>({
      {"", {"error: has no line read:TOKEN or change:TOKEN"}},
      {"# read:0123456789abcdef\n", {"error: has no line read:TOKEN or change:TOKEN"}},
      {"0123456789abcdef\n", {"1:1: error: read:TOKEN or change:TOKEN expected"}},
      {"write:0123456789abcdef\n", {"1:1: error: read:TOKEN or change:TOKEN expected"}},
      {"read:0123456789abcde\n", {"1:1: error: a token has 16 characters or more"}},
      {"read: 0123456789abcdef\n", {"1:1: error: a token has letters, digits and -._~+/ alone, with = at its end"}},
      {"read:0123456789=abcdef\n", {"1:1: error: a token has letters, digits and -._~+/ alone, with = at its end"}},
      {"read:================\n", {"1:1: error: a token has letters, digits and -._~+/ alone, with = at its end"}},
      {std::string("read:0123456789\0abcdef\n", 23),
       {"1:1: error: a token has letters, digits and -._~+/ alone, with = at its end"}},
      {"read:short\n\nchange\n",
       {"1:1: error: a token has 16 characters or more", "3:1: error: read:TOKEN or change:TOKEN expected"}},
      {std::string(64UL * 1024 + 1, '\n'), {"error: is larger than 64 KiB"}},
  }));
  const auto loaded = load_admin_tokens(directory.write("tokens", content));
  CHECK(lines(loaded.problems) == expected);
  CHECK_FALSE(loaded.ok());
}

TEST_CASE("a token file that others may write is refused, and one that everyone may read is warned of") {
  const Directory directory;
  const auto path = directory.write("tokens", "read:" + token_a + "\n", 0602);
  CHECK(lines(load_admin_tokens(path).problems) ==
        Lines{"error: everyone on this machine may write the file; take that right away (chmod o-w)"});
  const auto readable = load_admin_tokens(directory.write("tokens", "read:" + token_a + "\n", 0604));
  CHECK(lines(readable.problems) ==
        Lines{"warning: everyone on this machine may read the file; take that right away (chmod o-r)"});
  CHECK(readable.ok());
  CHECK(readable.tokens.size() == 1);
  CHECK(lines(load_admin_tokens(directory / "missing").problems) == Lines{"error: No such file or directory"});
}
