// A sandbox on a port of its own, and a client that checks every answer against the contract.
#pragma once

#include <memory>
#include <string>

#include "contract/contract.h"
#include "sandbox/client.h"
#include "sandbox/sandbox.h"
#include "support/catch.h"

namespace pgw::sandbox::test {

/// The project's own OpenAPI document, compiled.
const contract::Contract& projects_contract();

/// Options with the contract filled in.
Options test_options();

/// Started, or the test fails.
std::unique_ptr<Sandbox> start(const Options& options = test_options());

/// `scheme://host:port` of a sandbox's url.
std::string origin_of(const Sandbox& sandbox);

/// A sandbox with example data and fault headers, and one client.
class Fixture {
 public:
  explicit Fixture(const Options& options = faulty_options()) : sandbox(start(options)), client_(sandbox->url()) {}

  /// Sends, and fails the test if the answer breaks the contract's schema for it.
  Response send(const Request& request);

  Response get(const std::string& path) { return send({"GET", path}); }
  Response remove(const std::string& path) { return send({"DELETE", path}); }
  Response post(const std::string& path, const nlohmann::json& body) { return send({"POST", path, body.dump()}); }
  Response patch(const std::string& path, const nlohmann::json& body) { return send({"PATCH", path, body.dump()}); }

  /// The project that POST /projects made.
  nlohmann::json create_project(const std::string& name);

  /// How often the operation was asked for.
  int requests(const std::string& operation_id);

  static Options faulty_options();

  std::unique_ptr<Sandbox> sandbox;

 private:
  Client client_;
};

}  // namespace pgw::sandbox::test
