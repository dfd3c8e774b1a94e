#include <algorithm>
#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "base/text.h"
#include "config/suggest.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/paths.h"
#include "gateway/cli/problems.h"
#include "gateway/cli/recorded_requests.h"
#include "gateway/cli/request_verdict.h"
#include "gateway/pipeline/local_response.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::cli {
namespace {

enum ExitCode { valid = 0, invalid = 1, unusable = 2 };

struct Judged {
  RecordedRequest request;
  RequestVerdict verdict;
};

nlohmann::json json_of(const Judged& judged) {
  nlohmann::json result{{"method", judged.request.method},
                        {"target", judged.request.target},
                        {"valid", judged.verdict.is_valid() && judged.request.problem.empty()}};
  if (!judged.request.file.empty()) result["request"] = place_of(judged.request);
  if (!judged.verdict.operation.empty()) result["operation"] = judged.verdict.operation;
  if (!judged.request.problem.empty()) result["problem"] = judged.request.problem;
  if (judged.verdict.is_valid()) return result;
  result["status"] = judged.verdict.status;
  result["response"] = nlohmann::json::parse(judged.verdict.body, nullptr, false);
  return result;
}

void print_json(const std::vector<Judged>& requests) {
  auto results = nlohmann::json::array();
  for (const auto& judged : requests) results.push_back(json_of(judged));
  std::cout << nlohmann::json{{"requests", std::move(results)}}.dump(2, ' ', false,
                                                                     nlohmann::json::error_handler_t::replace)
            << '\n';
}

void print_text(const Judged& judged) {
  const std::string place = place_of(judged.request);
  std::cout << place << (place.empty() ? "" : ": ") << judged.request.method << " " << judged.request.target << ": ";
  if (!judged.request.problem.empty()) {
    std::cout << "can't be read: " << judged.request.problem << '\n';
  } else if (judged.verdict.is_valid()) {
    std::cout << "valid (" << judged.verdict.operation << ")\n";
  } else {
    std::cout << judged.verdict.status
              << (judged.verdict.operation.empty() ? "" : " (" + judged.verdict.operation + ")") << '\n';
    for (const auto& mistake : judged.verdict.mistakes) std::cout << "  " << mistake << '\n';
  }
}

int print(const std::vector<Judged>& requests, const ValidateOptions& options) {
  std::size_t wrong = 0;
  std::size_t unread = 0;
  for (const auto& judged : requests) {
    unread += judged.request.problem.empty() ? 0 : 1;
    wrong += judged.verdict.is_valid() ? 0 : 1;
    if (!options.as_json) print_text(judged);
  }
  if (options.as_json) {
    print_json(requests);
  } else if (!options.folder.empty()) {
    std::cout << requests.size() << (requests.size() == 1 ? " request, " : " requests, ") << wrong << " invalid";
    if (unread > 0) std::cout << ", " << unread << " that can't be read";
    std::cout << '\n';
  }
  return unread > 0 ? unusable : wrong > 0 ? invalid : valid;
}

class Validation {
 public:
  Validation(const ValidateOptions& options, const config::Settings& settings, const contract::Contract& contract)
      : options_(options), settings_(settings), contract_(contract) {}

  int run() const {
    if (!options_.folder.empty()) return validate_folder();
    return is_request() ? validate_request() : validate_body();
  }

 private:
  /// METHOD PATH, and no OPERATION whose FILE begins with a slash.
  bool is_request() const {
    const auto& what = options_.what;
    const bool is_method = std::ranges::none_of(what[0], [](char c) { return c >= 'a' && c <= 'z'; });
    return what.size() > 1 && is_method && !target_of(what[1]).empty() && contract_.find(what[0]) == nullptr;
  }

  static int fail(const std::string& message) {
    std::cerr << message << '\n';
    return unusable;
  }

  Judged judged(RecordedRequest request) const {
    if (!request.problem.empty()) return {std::move(request), {}};
    RequestVerdict verdict = judge(contract_, settings_, request);
    return {std::move(request), std::move(verdict)};
  }

  int validate_folder() const {
    const auto files = request_files(options_.folder);
    if (files.empty()) return fail(options_.folder.string() + ": no .http, .rest or .har file is there");
    std::vector<Judged> requests;
    for (const auto& file : files) {
      std::string problem;
      auto recorded = read_requests(file, problem);
      if (!recorded) return fail(file.string() + ": " + problem);
      for (auto& request : *recorded) requests.push_back(judged(std::move(request)));
    }
    if (requests.empty()) return fail(options_.folder.string() + ": no request stands in any file there");
    return print(requests, options_);
  }

  int validate_request() const {
    if (options_.what.size() > 3) return fail("a request is METHOD PATH and at most one FILE");
    RecordedRequest request{.method = options_.what[0], .target = target_of(options_.what[1])};
    for (const auto& parameter : options_.query) append_query(parameter, request.target);
    for (const auto& field : options_.headers) {
      const auto colon = field.find(':');
      if (colon == std::string::npos) return fail("--header '" + field + "' must be 'Name: value'");
      request.fields.emplace_back(base::trim(std::string_view(field).substr(0, colon)),
                                  base::trim(std::string_view(field).substr(colon + 1)));
    }
    if (options_.what.size() == 3) {
      std::string problem;
      auto body = read_bytes(options_.what[2], problem);
      if (!body) return fail(problem);
      request.body = *std::move(body);
    }
    return print({judged(std::move(request))}, options_);
  }

  /// NAME=VALUE, as text.
  static void append_query(const std::string& parameter, std::string& target) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    bool is_value = false;
    for (const char c : parameter) {
      if (c == '=' && !std::exchange(is_value, true)) {
        target += c;
      } else if (base::is_unreserved(c)) {
        target += c;
      } else {
        base::append_percent_encoded(target, c);
      }
    }
  }

  /// Prints the very 422 body that the server would send.
  int validate_body() const {
    if (!options_.query.empty() || !options_.headers.empty()) {
      return fail("--query and --header go with a request: validate METHOD PATH");
    }
    if (options_.what.size() > 2) return fail("an operation takes at most one FILE");
    const auto* const operation = contract_.find(options_.what[0]);
    if (operation == nullptr) {
      return fail("no operation '" + options_.what[0] + "' in the API description" +
                  config::did_you_mean(options_.what[0], pipeline::operation_ids(contract_)) +
                  " (`projects-gateway routes` lists them)");
    }
    std::string problem;
    const auto body = read_bytes(options_.what.size() > 1 ? options_.what[1] : "-", problem);
    if (!body) return fail(problem);
    const auto violations = contract_.validate_body(*operation, *body);
    if (violations.empty() && !options_.as_json) return valid;
    const auto response = pipeline::invalid_request(violations, settings_.validation.errors);
    if (!options_.as_json) {
      std::cout << response.body << '\n';
      return invalid;
    }
    nlohmann::json result{{"operation", operation->id()}, {"valid", violations.empty()}};
    if (!violations.empty()) {
      result["status"] = response.status;
      result["response"] = nlohmann::json::parse(response.body, nullptr, false);
    }
    std::cout << result.dump(2) << '\n';
    return violations.empty() ? valid : invalid;
  }

  const ValidateOptions& options_;
  const config::Settings& settings_;
  const contract::Contract& contract_;
};

}  // namespace

int validate(const ValidateOptions& options) {
  if (options.what.empty() == options.folder.empty()) {
    std::cerr << "validate OPERATION [FILE], validate METHOD PATH [FILE], or validate --all DIR\n";
    return unusable;
  }
  const auto file = options.config.empty() ? default_file("gateway.yaml") : options.config;
  const auto loaded = config::load_settings(file, config::process_environment(), config::Purpose::sandbox);
  if (print_problems(loaded.problems) || !loaded.settings) return unusable;
  const auto api = pipeline::load_contract(*loaded.settings);
  std::vector<contract::Problem> errors;  // what isn't enforced is for `check` to say
  for (const auto& problem : api.problems) {
    if (problem.severity == contract::Severity::error) errors.push_back(problem);
  }
  if (print_problems(errors) || api.contract == nullptr) return unusable;
  return Validation(options, *loaded.settings, *api.contract).run();
}

}  // namespace pgw::cli
