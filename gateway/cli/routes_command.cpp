#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "config/units.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/paths.h"
#include "gateway/cli/problems.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::cli {
namespace {

using Row = std::array<std::string, 5>;

std::string cache_rule(const pipeline::OperationPolicy& policy) {
  if (!policy.is_read) return policy.changes_nothing ? "passes" : "-";
  if (!policy.rule.ttl) return "origin only";
  std::string text = "ttl " + config::to_text(*policy.rule.ttl);
  if (policy.rule.stale_while_revalidate.count() > 0) {
    text += ", stale-while-revalidate " + config::to_text(policy.rule.stale_while_revalidate);
  }
  if (policy.rule.stale_if_error.count() > 0) text += ", stale-if-error " + config::to_text(policy.rule.stale_if_error);
  return text;
}

/// The tags that a write moves, with the parameters' names for their values.
std::string invalidates(const contract::Operation& operation, const pipeline::OperationPolicy& policy,
                        std::size_t base_segments) {
  if (policy.changes_nothing) return "nothing";
  std::string prefix;
  std::string text;
  std::size_t position = 0;
  for (const auto& segment : operation.segments()) {
    if (position > 0) prefix += '/';
    prefix += segment.is_parameter ? segment.before + "{" + segment.text + "}" + segment.after : segment.text;
    if (++position <= base_segments) continue;
    text += (text.empty() ? "" : ", ") + prefix;
  }
  for (const auto& extra : policy.also_invalidates) {
    text += ", +";
    for (const auto& piece : extra.pieces) {
      text += "/" + (piece.path_value ? "{" + std::to_string(*piece.path_value) + "}" : piece.text);
    }
  }
  if (policy.primes) text += "; primes " + policy.primes->operation->id();
  return text;
}

void print(const std::vector<Row>& rows) {
  Row::size_type widths[5] = {};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] + 2 - row[i].size(), ' ');
    }
    std::cout << line << '\n';
  }
}

}  // namespace

int routes(const std::filesystem::path& config) {
  const auto file = config.empty() ? default_file("gateway.yaml") : config;
  const auto loaded = config::load_settings(file, config::process_environment(), config::Purpose::sandbox);
  if (print_problems(loaded.problems) || !loaded.settings) return 1;
  auto settings = *loaded.settings;
  settings.access.mode = config::AccessMode::open;
  const auto api = pipeline::load_contract(settings);
  if (print_problems(api.problems) || api.contract == nullptr) return 1;
  const auto built = pipeline::build_runtime(settings, api.contract);
  if (print_problems(built.problems) || built.runtime == nullptr) return 1;

  std::vector<Row> rows{{"OPERATION", "METHOD", "PATH", "CACHE", "MAKES STALE"}};
  for (const auto& operation : api.contract->operations()) {
    const auto& policy = built.runtime->policy(operation);
    rows.push_back({operation.id(), operation.method(), api.contract->base_path() + operation.path_template(),
                    cache_rule(policy), invalidates(operation, policy, built.runtime->base_segments)});
  }
  print(rows);
  return 0;
}

}  // namespace pgw::cli
