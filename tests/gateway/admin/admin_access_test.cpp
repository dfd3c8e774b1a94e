#include "gateway/admin/admin_access.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "support/catch.h"

using namespace pgw::admin;
namespace fs = std::filesystem;

namespace {

pgw::http::Request request_to(std::string host, const std::string& authorization = {}) {
  pgw::http::Request request;
  request.host = std::move(host);
  if (!authorization.empty()) request.fields.add("Authorization", authorization);
  return request;
}

const std::string reader = "read-0123456789abcdef";
const std::string changer = "change-0123456789abcdef";

Access with_tokens() {
  return {{}, parse_tokens("read:" + reader + "\nchange:" + changer + "\n").tokens};
}

}  // namespace

TEST_CASE("without tokens the host must be an address, localhost or a known name") {
  const Access access{{"gateway.internal"}, {}};
  const auto [host, verdict] = GENERATE(table<std::string, Verdict>({
      {"127.0.0.1:9180", Verdict::allowed},
      {"10.1.2.3", Verdict::allowed},
      {"[::1]:9180", Verdict::allowed},
      {"[::1]", Verdict::allowed},
      {"localhost:9180", Verdict::allowed},
      {"LOCALHOST", Verdict::allowed},
      {"gateway.internal:80", Verdict::allowed},
      {"Gateway.Internal", Verdict::allowed},
      {"rebound.example", Verdict::wrong_host},
      {"rebound.example:9180", Verdict::wrong_host},
      {"localhost.example", Verdict::wrong_host},
      {"127.0.0.1.example", Verdict::wrong_host},
      {"gateway.internal.example", Verdict::wrong_host},
      {"[::1].example", Verdict::wrong_host},
      {"[rebound.example]", Verdict::wrong_host},
      {"[", Verdict::wrong_host},
      {"", Verdict::wrong_host},
  }));
  CAPTURE(host);
  CHECK(judge(access, request_to(host), Right::read) == verdict);
  CHECK(judge(access, request_to(host), Right::change) == verdict);
}

TEST_CASE("with tokens the host doesn't matter, and the token says what is allowed") {
  const Access access = with_tokens();
  const auto [authorization, read, change] = GENERATE(table<std::string, Verdict, Verdict>({
      {"", Verdict::no_token, Verdict::no_token},
      {"Bearer " + reader, Verdict::allowed, Verdict::read_only},
      {"bearer   " + reader, Verdict::allowed, Verdict::read_only},
      {"Bearer " + changer, Verdict::allowed, Verdict::allowed},
      {"Bearer " + reader + "x", Verdict::no_token, Verdict::no_token},
      {"Bearer " + reader.substr(1), Verdict::no_token, Verdict::no_token},
      {"Bearer ", Verdict::no_token, Verdict::no_token},
      {"Basic " + reader, Verdict::no_token, Verdict::no_token},
      {reader, Verdict::no_token, Verdict::no_token},
  }));
  CAPTURE(authorization);
  const auto request = request_to("rebound.example", authorization);
  CHECK(judge(access, request, Right::read) == read);
  CHECK(judge(access, request, Right::change) == change);
}

TEST_CASE("two Authorization fields are none") {
  auto request = request_to("localhost", "Bearer " + reader);
  request.fields.add("Authorization", "Bearer " + changer);
  CHECK(judge(with_tokens(), request, Right::read) == Verdict::no_token);
}

TEST_CASE("a token that stands in both kinds of line may change") {
  const Access access{{}, parse_tokens("change:" + reader + "\nread:" + reader).tokens};
  CHECK(judge(access, request_to("x", "Bearer " + reader), Right::change) == Verdict::allowed);
}

TEST_CASE("lines of tokens may be blank, commented and end as editors end them") {
  const auto parsed = parse_tokens("# of the operators\r\n\r\n read : " + reader + " \r\nchange:" + changer);
  CHECK(parsed.problem.empty());
  REQUIRE(parsed.tokens.size() == 2);
  CHECK(parsed.tokens[0].right == Right::read);
  CHECK(parsed.tokens[0].secret.equals(reader));
  CHECK(parsed.tokens[1].right == Right::change);
  CHECK(parsed.tokens[1].secret.equals(changer));
}

TEST_CASE("a bad line of tokens is named by its number, and never quoted") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"", "has no line"},
      {"\n# nothing\n", "has no line"},
      {reader, "line 1 must be read:TOKEN or change:TOKEN"},
      {"write:0123456789abcdef", "line 1 must be"},
      {"\nread:0123456789abcde", "line 2 has a token of less than 16"},
      {"read:0123456789 abcdef", "line 1 has a token with other characters"},
      {"read:0123456789abcd\xc3\xa4", "line 1 has a token with other characters"},
  }));
  CAPTURE(text);
  const auto parsed = parse_tokens(text);
  CHECK(parsed.problem.find(words) != std::string::npos);
  CHECK(parsed.problem.find("0123456789") == std::string::npos);
}

TEST_CASE("a file of tokens that others may read or write is refused") {
  std::string name = (fs::temp_directory_path() / "pgw-tokens-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const fs::path file = fs::path(name) / "tokens";
  CHECK(read_tokens(file).problem == "No such file or directory");
  std::ofstream(file) << "read:" << reader << '\n';
  fs::permissions(file, fs::perms(0600));
  CHECK(read_tokens(file).problem.empty());
  fs::permissions(file, fs::perms(0640));
  CHECK(read_tokens(file).tokens.size() == 1);
  for (const unsigned mode : {0644U, 0620U, 0602U}) {
    fs::permissions(file, fs::perms(mode));
    CHECK(read_tokens(file).problem.find("chmod") != std::string::npos);
  }
  fs::remove_all(name);
}
