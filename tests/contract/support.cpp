#include "contract/support.h"

#include <filesystem>
#include <string>
#include <variant>

#include "support/catch.h"

namespace pgw::contract::test {
namespace {

std::string text_of(const LocPart& part) {
  const auto* name = std::get_if<std::string>(&part);
  return name != nullptr ? *name : std::to_string(std::get<std::int64_t>(part));
}

bool is_content_type(std::string_view name) {
  return name == "Content-Type" || name == "content-type";
}

}  // namespace

std::string line(const Violation& violation) {
  std::string text;
  for (const auto& part : violation.loc) text += (text.empty() ? "" : ".") + text_of(part);
  text += ": " + violation.type + ": " + violation.msg;
  if (!violation.ctx.is_null()) {
    text += ' ' + violation.ctx.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return text;
}

Lines lines(std::span<const Violation> violations) {
  Lines all;
  for (const auto& violation : violations) all.push_back(line(violation));
  return all;
}

Lines lines(std::span<const Problem> problems) {
  Lines all;
  for (const auto& problem : problems) all.push_back(to_string(problem));
  return all;
}

std::shared_ptr<const Document> document(std::string_view yaml) {
  const auto outcome = Document::parse(yaml, "test.yaml");
  CHECK(lines(outcome.problems) == nothing);
  REQUIRE(outcome.document != nullptr);
  return outcome.document;
}

std::shared_ptr<const Contract> contract(std::string_view yaml, Coercion coercion) {
  const auto outcome = Contract::compile(*document(yaml), {.coercion = coercion});
  INFO((outcome.problems.empty() ? "" : to_string(outcome.problems.front())));
  REQUIRE(outcome.contract != nullptr);
  return outcome.contract;
}

Lines problems_of(std::string_view yaml) {
  const auto outcome = Contract::compile(*document(yaml));
  bool has_error = false;
  for (const auto& problem : outcome.problems) has_error = has_error || problem.severity == Severity::error;
  CHECK((outcome.contract == nullptr) == has_error);
  return lines(outcome.problems);
}

Lines schema_problems_of(std::string_view yaml) {
  const auto outcome = Schema::compile(*document(yaml), nlohmann::json::json_pointer());
  bool has_error = false;
  for (const auto& problem : outcome.problems) has_error = has_error || problem.severity == Severity::error;
  CHECK((outcome.schema == nullptr) == has_error);
  return lines(outcome.problems);
}

Lines check(std::string_view yaml, std::string_view json, const Reading& reading, const std::string& where) {
  const auto source = document(yaml);
  const auto outcome = Schema::compile(*source, nlohmann::json::json_pointer(where), reading.coercion);
  INFO((outcome.problems.empty() ? "" : to_string(outcome.problems.front())));
  REQUIRE(outcome.schema != nullptr);
  std::vector<Violation> violations;
  outcome.schema->validate(nlohmann::json::parse(json), {std::string("v")}, violations, reading);
  return lines(violations);
}

Lines check_request(const Contract& contract, const Request& request) {
  const std::string_view head = request.head;
  const auto blank = head.find(' ');
  const auto target = head.substr(blank + 1);
  const auto mark = target.find('?');
  const auto route = contract.match(head.substr(0, blank), target.substr(0, mark));
  REQUIRE(route.status == Route::Status::found);

  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::optional<std::string_view> content_type;
  for (const auto& [name, value] : request.headers) {
    headers.emplace_back(name, value);
    if (is_content_type(name)) content_type = value;
  }
  const auto query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  const auto refusal =
      route.match.operation->refusal_of({.has_body = !request.body.empty(), .content_type = content_type});
  if (refusal) return {std::to_string(refusal->status) + " " + refusal->detail};
  return lines(contract.validate_request({route.match, query, headers, content_type, request.body}));
}

const Contract& projects(Coercion coercion) {
  const auto compile = [](Coercion wanted) {
    const auto read = Document::read(std::filesystem::path(PGW_CONFIG_DIR) / "projects-v4.openapi.yaml");
    CHECK(lines(read.problems) == nothing);
    REQUIRE(read.document != nullptr);
    return Contract::compile(*read.document, {.coercion = wanted});
  };
  static const auto lenient = compile(Coercion::pydantic);
  static const auto strict = compile(Coercion::none);
  const auto& outcome = coercion == Coercion::pydantic ? lenient : strict;
  CHECK(lines(outcome.problems) == nothing);
  REQUIRE(outcome.contract != nullptr);
  return *outcome.contract;
}

}  // namespace pgw::contract::test
