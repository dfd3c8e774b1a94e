#include "gateway/pipeline/known_responses.h"

#include <memory>
#include <string>

#include "contract/document.h"
#include "support/catch.h"

using pgw::pipeline::KnownResponses;

namespace {

constexpr std::string_view two_operations = R"(
openapi: 3.0.2
info: {title: t, version: "1"}
paths:
  /a: {get: {operationId: A, responses: {"200": {description: d}}}}
  /b: {get: {operationId: B, responses: {"200": {description: d}}}}
)";

const pgw::contract::Operation& operation(std::string_view id) {
  static const auto compiled =
      pgw::contract::Contract::compile(*pgw::contract::Document::parse(two_operations, "two").document);
  return *compiled.contract->find(id);
}

}  // namespace

TEST_CASE("known responses: what was added is known, until the contract changes") {
  const auto known = std::make_unique<KnownResponses>();
  const auto response = KnownResponses::fingerprint(operation("A"), 200, "application/json", "{}");
  CHECK_FALSE(known->contains(response));
  known->add(response);
  CHECK(known->contains(response));
  known->clear();
  CHECK_FALSE(known->contains(response));
}

TEST_CASE("known responses: everything that the verdict depends on tells responses apart") {
  const auto one = KnownResponses::fingerprint(operation("A"), 200, "application/json", R"({"a":1})");
  CHECK(one == KnownResponses::fingerprint(operation("A"), 200, "application/json", R"({"a":1})"));
  CHECK_FALSE(one == KnownResponses::fingerprint(operation("B"), 200, "application/json", R"({"a":1})"));
  CHECK_FALSE(one == KnownResponses::fingerprint(operation("A"), 201, "application/json", R"({"a":1})"));
  CHECK_FALSE(one == KnownResponses::fingerprint(operation("A"), 200, "text/plain", R"({"a":1})"));
  CHECK_FALSE(one == KnownResponses::fingerprint(operation("A"), 200, "application/json", R"({"a":2})"));
}

TEST_CASE("known responses: a newer one may displace an older one, never be taken for it") {
  const auto known = std::make_unique<KnownResponses>();
  constexpr int many = 5000;  // more than there is room for
  for (int i = 0; i < many; ++i) {
    const auto response = KnownResponses::fingerprint(operation("A"), 200, "", std::to_string(i));
    REQUIRE_FALSE(known->contains(response));
    known->add(response);
    REQUIRE(known->contains(response));
  }
}
