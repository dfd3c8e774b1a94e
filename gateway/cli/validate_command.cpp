#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "config/suggest.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/paths.h"
#include "gateway/cli/problems.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::cli {
namespace {

std::optional<std::string> read_all(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::cerr << file << ": " << std::strerror(errno) << '\n';
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void print_unknown_operation(const contract::Contract& contract, const std::string& operation) {
  const auto ids = pipeline::operation_ids(contract);
  std::cerr << "no operation '" << operation << "' in the API description" << config::did_you_mean(operation, ids)
            << " (`projects-gateway routes` lists them)\n";
}

}  // namespace

int validate(const std::filesystem::path& config, const std::string& operation, const std::string& body_file) {
  const auto file = config.empty() ? default_file("gateway.yaml") : config;
  const auto loaded = config::load_settings(file, config::process_environment(), config::Purpose::sandbox);
  if (print_problems(loaded.problems) || !loaded.settings) return 1;
  const auto api = pipeline::load_contract(*loaded.settings);
  if (print_problems(api.problems) || api.contract == nullptr) return 1;

  const auto* found = api.contract->find(operation);
  if (found == nullptr) {
    print_unknown_operation(*api.contract, operation);
    return 1;
  }
  const auto body = read_all(body_file);
  if (!body) return 1;
  const auto violations = api.contract->validate_body(*found, *body);
  if (violations.empty()) return 0;
  const bool as_problem = loaded.settings->validation.errors == config::ErrorShape::problem;
  std::cout << (as_problem ? contract::validation_problem_body(violations)
                           : contract::validation_error_body(violations))
            << '\n';
  return 1;
}

}  // namespace pgw::cli
