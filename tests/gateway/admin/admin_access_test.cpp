#include "gateway/admin/admin_access.h"

#include <tuple>

#include "support/catch.h"

using namespace pgw::admin;

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
  return {{}, {{Right::read, pgw::config::Secret(reader)}, {Right::change, pgw::config::Secret(changer)}}};
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
  const pgw::config::Secret both(reader);
  const Access access{{}, {{Right::change, both}, {Right::read, both}}};
  CHECK(judge(access, request_to("x", "Bearer " + reader), Right::change) == Verdict::allowed);
}
