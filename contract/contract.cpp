#include "contract/contract.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/text.h"
#include "contract/contract_compiler.h"
#include "contract/json_body.h"
#include "contract/parameters.h"
#include "contract/path_template.h"
#include "contract/request_body.h"
#include "contract/router.h"

namespace pgw::contract {
namespace {

void check_headers(const std::vector<Parameter>& parameters, const RequestView& request, const Reading& reading,
                   std::vector<Violation>& out) {
  for (const auto& parameter : parameters) {
    Pairs values;
    for (const auto& [name, value] : request.headers) {
      if (base::iequals(name, parameter.name)) values.emplace_back(parameter.name, value);
    }
    check_parameter(parameter, Location::header, values, reading, out);
  }
}

void check_path(const Operation::Facts& facts, const std::vector<std::string>& values, const Reading& reading,
                std::vector<Violation>& violations) {
  auto parameter = facts.path_parameters.begin();
  auto value = values.begin();
  const auto check = [&](std::string_view text) {
    const Pair pair{parameter->name, text};
    check_parameter(*parameter++, Location::path, {&pair, 1}, reading, violations);
  };
  for (const auto& segment : facts.segments) {
    if (!segment.is_parameter) continue;
    if (segment.between.empty()) {
      check(*value++);
    } else {
      std::ranges::for_each(split_value(*value++, segment.between), check);
    }
  }
}

/// What the document says of the content of a response, if that is JSON; null for what it doesn't describe.
const MediaType* json_response(const Operation& operation, int status, std::string_view content_type) {
  const Response* const response = find_response(operation.facts().responses, status);
  if (response == nullptr) return nullptr;
  const MediaType* const media = find_media_type(response->media_types, content_type);
  return media != nullptr && kind_of_body(*media, content_type) == MediaType::Kind::json ? media : nullptr;
}

}  // namespace

struct Contract::Impl {
  Impl(std::string base, const CompileOptions& options)
      : base_path(std::move(base)), router(base_path, options), coercion(options.coercion) {}

  std::string base_path;
  std::vector<SecurityScheme> security_schemes;
  std::vector<Operation> operations;
  std::shared_ptr<const SchemaSet> schemas;
  Router router;
  Coercion coercion;
  std::map<std::string, const Operation*, std::less<>> by_id;
};

Contract::Contract(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Contract::~Contract() = default;

Contract::Outcome Contract::compile(const Document& document, const CompileOptions& options) {
  Outcome outcome;
  ContractCompiler compiler(document, outcome.problems, options);
  compiler.compile();
  outcome.unusable_operations = compiler.unusable_operations();

  auto impl = std::make_unique<Impl>(compiler.take_base_path(), options);
  impl->security_schemes = read_security_schemes(document.root());
  impl->operations = compiler.take_operations();
  impl->schemas = compiler.nodes();
  for (const auto& operation : impl->operations) {
    impl->by_id.emplace(operation.id(), &operation);
    if (is_out_of_reach(operation.path_template())) continue;
    if (const auto twin = impl->router.add(operation); !twin.empty()) {
      const auto where = nlohmann::json::json_pointer("/paths") / operation.path_template();
      outcome.problems.push_back({Severity::warning, document.place(where),
                                  "'" + operation.method() + " " + operation.path_template() +
                                      "' has the same shape as '" + twin +
                                      "', which stands before it and gets its requests"});
    }
  }
  const bool failed =
      std::ranges::any_of(outcome.problems, [](const Problem& problem) { return problem.severity == Severity::error; });
  if (!failed) outcome.contract = std::shared_ptr<const Contract>(new Contract(std::move(impl)));
  return outcome;
}

const std::string& Contract::base_path() const {
  return impl_->base_path;
}
std::span<const SecurityScheme> Contract::security_schemes() const {
  return impl_->security_schemes;
}

std::span<const Operation> Contract::operations() const {
  return impl_->operations;
}

const Operation* Contract::find(std::string_view operation_id) const {
  const auto found = impl_->by_id.find(operation_id);
  return found == impl_->by_id.end() ? nullptr : found->second;
}

Route Contract::match(std::string_view method, std::string_view raw_path) const {
  return impl_->router.match(method, raw_path);
}

std::vector<Violation> Contract::validate_request(const RequestView& request) const {
  const auto& facts = request.match.operation->facts();
  const Reading reading{Direction::request, impl_->coercion};
  std::vector<Violation> violations;
  check_path(facts, request.match.path_values, reading, violations);
  if (!facts.query_parameters.empty()) {
    const Form query(request.query);
    for (const auto& parameter : facts.query_parameters) {
      check_parameter(parameter, Location::query, query.pairs(), reading, violations);
    }
  }
  check_headers(facts.header_parameters, request, reading, violations);
  const bool sees_body = facts.body && !request.is_body_unseen;
  if (sees_body) check_body(*facts.body, request.content_type, request.body, reading, violations);
  return violations;
}

std::vector<Violation> Contract::validate_body(const Operation& operation, std::string_view body) const {
  std::vector<Violation> violations;
  const Reading reading{Direction::request, impl_->coercion};
  if (operation.facts().body) check_body(*operation.facts().body, std::nullopt, body, reading, violations);
  return violations;
}

bool Contract::has_response_schema(const Operation& operation, int status, std::string_view content_type) const {
  const MediaType* const media = json_response(operation, status, content_type);
  return media != nullptr && media->schema != nullptr;
}

std::vector<Violation> Contract::validate_response(const Operation& operation, int status,
                                                   std::string_view content_type, std::string_view body) const {
  const MediaType* const media = json_response(operation, status, content_type);
  if (media == nullptr) return {};
  Violation violation;
  const auto value = parse_json_body(body, violation);
  if (!value) return {violation};
  std::vector<Violation> violations;
  if (media->schema != nullptr) {
    check_value(*media->schema, value->root(), &body_trail, {Direction::response, impl_->coercion}, violations);
  }
  return violations;
}

}  // namespace pgw::contract
