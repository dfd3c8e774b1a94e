#include "config/settings.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/reader.h"
#include "config/settings_table.h"
#include "config/suggest.h"

namespace pgw::config {
namespace {

using nlohmann::json;

contract::Place place_of(const Settings& settings, const std::string& pointer) {
  const auto found = settings.places.find(pointer);
  return found != settings.places.end() ? found->second : contract::Place{settings.file.string(), 0, 0};
}

/// Collects references to operations that the contract doesn't have.
class OperationCheck {
 public:
  OperationCheck(const Settings& settings, std::span<const std::string> known) : settings_(settings), known_(known) {}

  void check(const std::string& id, const std::string& pointer) {
    if (std::find(known_.begin(), known_.end(), id) != known_.end()) return;
    const std::string name = settings_.from_environment.contains(pointer) ? "of the name that the environment gives"
                                                                          : "'" + id + "'" + did_you_mean(id, known_);
    problems_.push_back({contract::Severity::error, place_of(settings_, pointer),
                         dotted(pointer) + ": the contract has no operation " + name});
  }

  std::vector<contract::Problem> problems() && { return std::move(problems_); }

 private:
  const Settings& settings_;
  std::span<const std::string> known_;
  std::vector<contract::Problem> problems_;
};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::vector<contract::Problem> check_operations(const Settings& settings, std::span<const std::string> known) {
  OperationCheck check(settings, known);
  const std::string cache = "/cache";
  for (const auto& [id, rule] : settings.cache.rules) {
    const std::string pointer = cache + "/rules" + token(id);
    check.check(id, pointer);
    for (std::size_t i = 0; i < rule.invalidates.size(); ++i) {
      const bool is_tag = rule.invalidates[i].starts_with('/');
      if (!is_tag) check.check(rule.invalidates[i], pointer + "/invalidates/" + std::to_string(i));
    }
    if (!rule.primes.empty()) check.check(rule.primes, pointer + "/primes");
  }
  for (const auto& [id, unused] : settings.operations) check.check(id, "/operations" + token(id));
  for (std::size_t i = 0; i < settings.cache.safe_operations.size(); ++i) {
    check.check(settings.cache.safe_operations[i], cache + "/safe_operations/" + std::to_string(i));
  }
  return std::move(check).problems();
}

json redacted(const Settings& settings) {
  json out = settings_table().tell(settings);
  if (auto credential = out["upstream"].find("credential"); credential != out["upstream"].end()) {
    if (credential->contains("value_file")) credential->erase("value");  // it is what the file held
  }
  return out;
}

}  // namespace pgw::config
