#include "sandbox/fixture.h"

#include "contract/document.h"

namespace pgw::sandbox::test {

namespace {

std::string describe(const std::vector<contract::Violation>& violations) {
  return violations.empty() ? "" : contract::validation_error_body(violations);
}

}  // namespace

const contract::Contract& projects_contract() {
  static const auto contract = [] {
    const auto read = contract::Document::read(PGW_CONTRACT);
    REQUIRE(read.document);
    return contract::Contract::compile(*read.document, {.coercion = contract::Coercion::pydantic}).contract;
  }();
  REQUIRE(contract);
  return *contract;
}

Options test_options() {
  Options options;
  options.contract_file = PGW_CONTRACT;
  return options;
}

Options Fixture::faulty_options() {
  Options options = test_options();
  options.faults = true;
  return options;
}

std::unique_ptr<Sandbox> start(const Options& options) {
  auto outcome = Sandbox::start(options);
  for (const std::string& error : outcome.errors) UNSCOPED_INFO(error);
  REQUIRE(outcome.sandbox);
  return std::move(outcome.sandbox);
}

std::string origin_of(const Sandbox& sandbox) {
  const std::string url = sandbox.url();
  return url.substr(0, url.find('/', std::string("http://").size()));
}

Response Fixture::send(const Request& request) {
  Response response = client_.send(request);
  const std::string path = "/v4" + request.path.substr(0, request.path.find('?'));
  const auto route = projects_contract().match(request.method, path);
  if (response.status != 0 && route.match.operation != nullptr && request.method != "HEAD") {
    INFO(request.method << " " << request.path << " -> " << response.status << " " << response.body);
    CHECK(describe(projects_contract().validate_response(*route.match.operation, response.status,
                                                         response.header("Content-Type"), response.body)) == "");
  }
  return response;
}

nlohmann::json Fixture::create_project(const std::string& name) {
  const Response response = post("/projects", {{"name", name}});
  REQUIRE(response.status == 201);
  return response.json();
}

int Fixture::requests(const std::string& operation_id) {
  Client outside(origin_of(*sandbox));
  return outside.send({"GET", "/sandbox/requests"}).json().at(operation_id).get<int>();
}

}  // namespace pgw::sandbox::test
