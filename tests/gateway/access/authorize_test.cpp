#include <string>
#include <tuple>
#include <vector>

#include "gateway/access/key_ring.h"
#include "support/catch.h"

using namespace pgw::access;

namespace {

const std::vector<std::string> operations{"list", "create", "export"};

std::shared_ptr<const KeyRing> ring_of(std::vector<Scope> scopes, std::vector<std::string> allowed) {
  pgw::config::KeyEntry entry;
  entry.id = "k";
  entry.team = "t";
  entry.sha256 = digest_of("secret");
  entry.scopes = std::move(scopes);
  entry.operations = std::move(allowed);
  KeyRing::Options options;
  options.operation_ids = operations;
  return KeyRing::build(std::vector{entry}, options);
}

}  // namespace

TEST_CASE("safe methods and operations declared safe ask for read, all others for write") {
  auto [method, declared_safe, scope] = GENERATE(table<std::string, bool, Scope>({
      {"GET", false, Scope::read},
      {"HEAD", false, Scope::read},
      {"OPTIONS", false, Scope::read},
      {"POST", false, Scope::write},
      {"POST", true, Scope::read},
      {"PUT", false, Scope::write},
      {"PATCH", false, Scope::write},
      {"DELETE", false, Scope::write},
      {"get", false, Scope::write},
  }));
  CHECK(scope_for(method, declared_safe) == scope);
}

TEST_CASE("a principal may do what its scopes and its allow-list both permit") {
  using Strings = std::vector<std::string>;
  using ScopeList = std::vector<Scope>;
  auto [scopes, allowed, operation, needed, refusal] = GENERATE(table<ScopeList, Strings, std::size_t, Scope, Refusal>({
      {{Scope::read}, {}, 0, Scope::read, Refusal::none},
      {{Scope::read}, {}, 1, Scope::write, Refusal::missing_scope},
      {{Scope::write}, {}, 0, Scope::read, Refusal::missing_scope},
      {{Scope::read, Scope::write}, {}, 1, Scope::write, Refusal::none},
      {{Scope::read}, {"list"}, 0, Scope::read, Refusal::none},
      {{Scope::read}, {"list"}, 2, Scope::read, Refusal::operation_not_allowed},
      {{Scope::read}, {"list", "export"}, 2, Scope::read, Refusal::none},
      {{Scope::read}, {"create"}, 1, Scope::write, Refusal::missing_scope},
      {{Scope::read}, {"no such operation"}, 0, Scope::read, Refusal::operation_not_allowed},
      {{Scope::read}, {"list"}, 99, Scope::read, Refusal::operation_not_allowed},
  }));
  const auto ring = ring_of(scopes, allowed);
  CHECK(authorize(ring->principals()[0], operation, needed) == refusal);
}

TEST_CASE("refusals say what is missing") {
  CHECK(message(Refusal::none, Scope::read).empty());
  CHECK(message(Refusal::missing_scope, Scope::write) == "this API key lacks the scope 'write'");
  CHECK(message(Refusal::operation_not_allowed, Scope::read) == "this API key may not use this operation");
  CHECK(to_string(Refusal::none).empty());
  CHECK(to_string(Refusal::missing_scope) == "missing_scope");
  CHECK(to_string(Refusal::operation_not_allowed) == "operation_not_allowed");
}

TEST_CASE("the anonymous principal of open access may do everything") {
  const Principal principal = anonymous(3);
  CHECK(principal.team == "anonymous");
  CHECK(principal.team_number == 3);
  CHECK(principal.bucket == nullptr);
  CHECK(authorize(principal, 0, Scope::read) == Refusal::none);
  CHECK(authorize(principal, 2, Scope::write) == Refusal::none);
}
