#include "contract/contract.h"

#include <algorithm>
#include <map>

#include "contract/contract_compiler.h"
#include "contract/json_body.h"
#include "contract/parameters.h"
#include "contract/router.h"

namespace pgw::contract {
namespace {

bool iequals(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

const std::vector<LocPart>& body_prefix() {
  static const std::vector<LocPart> prefix{std::string("body")};
  return prefix;
}

void check_json(const MediaType& media, std::string_view body, const Reading& reading, std::vector<Violation>& out) {
  Violation violation;
  const auto value = parse_json_body(body, violation);
  if (!value) {
    out.push_back(std::move(violation));
  } else if (media.schema != nullptr) {
    check_value(*media.schema, *value, body_prefix(), reading, out);
  }
}

void check_body(const MediaType& media, std::string_view body, std::vector<Violation>& out) {
  if (media.kind == MediaType::Kind::json) {
    check_json(media, body, {}, out);
  } else if (media.kind == MediaType::Kind::form && media.schema != nullptr) {
    check_value(*media.schema, form_object(parse_form(body), media.schema), body_prefix(), {}, out);
  }
}

void check_headers(const std::vector<Parameter>& parameters, const RequestView& request, std::vector<Violation>& out) {
  for (const auto& parameter : parameters) {
    FormPairs values;
    for (const auto& [name, value] : request.headers) {
      if (iequals(name, parameter.name)) values.emplace_back(parameter.name, value);
    }
    check_parameter(parameter, Location::header, values, out);
  }
}

/// Without Content-Type a body counts as JSON, as it does for FastAPI.
const MediaType* media_type_of(const RequestBody& body, const RequestView& request) {
  if (request.content_type) return find_media_type(body.media_types, *request.content_type);
  const auto json = std::ranges::find(body.media_types, MediaType::Kind::json, &MediaType::kind);
  if (json != body.media_types.end()) return &*json;
  return body.media_types.empty() ? nullptr : &body.media_types.front();
}

std::string names_of(const std::vector<MediaType>& media_types) {
  std::string names;
  for (const auto& media : media_types) names += (names.empty() ? "" : ", ") + media.name;
  return names;
}

}  // namespace

struct Contract::Impl {
  std::string base_path;
  std::vector<Operation> operations;
  std::shared_ptr<const SchemaSet> schemas;
  Router router;
  std::map<std::string, const Operation*, std::less<>> by_id;
};

Contract::Contract(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Contract::~Contract() = default;

Contract::Outcome Contract::compile(const Document& document) {
  Outcome outcome;
  ContractCompiler compiler(document, outcome.problems);
  compiler.compile();

  auto impl = std::make_unique<Impl>();
  impl->base_path = compiler.take_base_path();
  impl->operations = compiler.take_operations();
  impl->schemas = compiler.nodes();
  for (const auto& operation : impl->operations) {
    impl->by_id.emplace(operation.id(), &operation);
    if (const auto twin = impl->router.add(operation); !twin.empty()) {
      const auto where = nlohmann::json::json_pointer("/paths") / operation.path_template();
      outcome.problems.push_back({Severity::error, document.place(where),
                                  operation.method() + " " + operation.path_template() + " has the same shape as '" +
                                      twin + "', so requests can't be told apart"});
    }
  }
  const bool failed = std::ranges::any_of(
      outcome.problems, [](const Problem& problem) { return problem.severity == Severity::error; });
  if (!failed) outcome.contract = std::shared_ptr<const Contract>(new Contract(std::move(impl)));
  return outcome;
}

const std::string& Contract::base_path() const { return impl_->base_path; }
std::span<const Operation> Contract::operations() const { return impl_->operations; }

const Operation* Contract::find(std::string_view operation_id) const {
  const auto found = impl_->by_id.find(operation_id);
  return found == impl_->by_id.end() ? nullptr : found->second;
}

Route Contract::match(std::string_view method, std::string_view raw_path) const {
  if (!raw_path.starts_with(impl_->base_path)) return {};
  return impl_->router.match(method, raw_path.substr(impl_->base_path.size()));
}

std::string Contract::canonical_path(const Match& match) const {
  std::string path;
  std::size_t value = 0;
  for (const auto& segment : match.operation->segments()) {
    path += '/';
    append_encoded_segment(path, segment.is_parameter ? match.path_values[value++] : segment.text);
  }
  return path;
}

Verdict Contract::validate_request(const RequestView& request) const {
  const auto& facts = request.match.operation->facts();
  Verdict verdict;
  for (std::size_t i = 0; i < facts.path_parameters.size(); ++i) {
    check_path_value(facts.path_parameters[i], request.match.path_values[i], verdict.violations);
  }
  if (!facts.query_parameters.empty()) {
    const FormPairs pairs = parse_form(request.query);
    for (const auto& parameter : facts.query_parameters) {
      check_parameter(parameter, Location::query, pairs, verdict.violations);
    }
  }
  check_headers(facts.header_parameters, request, verdict.violations);
  if (!facts.body) return verdict;

  if (request.body.empty()) {
    if (facts.body->required) {
      verdict.violations.push_back({body_prefix(), "field required", "value_error.missing", nullptr});
    }
  } else if (const MediaType* media = media_type_of(*facts.body, request)) {
    check_body(*media, request.body, verdict.violations);
  } else {
    verdict.unsupported_media_type = true;
    verdict.accepted_media_types = names_of(facts.body->media_types);
  }
  return verdict;
}

std::vector<Violation> Contract::validate_body(const Operation& operation, std::string_view body) const {
  const Match match{&operation, {}};
  const auto& facts = operation.facts();
  if (!facts.body) return {};
  const RequestView view{match, {}, {}, std::nullopt, body};
  std::vector<Violation> violations;
  if (body.empty()) {
    if (facts.body->required) violations.push_back({body_prefix(), "field required", "value_error.missing", nullptr});
  } else if (const MediaType* media = media_type_of(*facts.body, view)) {
    check_body(*media, body, violations);
  }
  return violations;
}

std::vector<Violation> Contract::validate_response(const Operation& operation, int status,
                                                   std::string_view content_type, std::string_view body) const {
  const Response* response = find_response(operation.facts().responses, status);
  if (response == nullptr) return {};
  const MediaType* media = find_media_type(response->media_types, content_type);
  if (media == nullptr || media->kind != MediaType::Kind::json) return {};
  std::vector<Violation> violations;
  check_json(*media, body, {Direction::response, false}, violations);
  return violations;
}

}  // namespace pgw::contract
