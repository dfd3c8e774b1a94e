#include "gateway/service/configuration.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/admin_tokens.h"
#include "gateway/log/log.h"

namespace pgw::service {

void log_problems(const std::vector<contract::Problem>& problems) {
  for (const auto& problem : contract::summed_up(problems)) {
    const bool is_error = problem.severity == contract::Severity::error;
    log::event(is_error ? log::Level::error : log::Level::warning, "configuration problem",
               {{"problem", contract::to_string(problem)}});
  }
}

std::vector<std::string> keep_what_runs(config::Settings& next, const config::Settings& running) {
  std::vector<std::string> kept;
  const auto keep = [&kept](const char* key, auto& value, const auto& runs) {
    if (value == runs) return;
    value = runs;
    kept.emplace_back(key);
  };
  keep("listen", next.listen, running.listen);
  keep("admin", next.admin, running.admin);
  keep("workers", next.workers, running.workers);
  keep("cache.max_size", next.cache.max_size, running.cache.max_size);
  keep("cache.targeted_field", next.cache.targeted_field, running.cache.targeted_field);
  keep("cache.max_variants", next.cache.max_variants, running.cache.max_variants);
  keep("upstream.breaker", next.upstream.breaker, running.upstream.breaker);
  if (next.upstream.max_connections < running.workers) {  // one for each that runs, whatever the new number of workers
    keep("upstream.max_connections", next.upstream.max_connections, running.upstream.max_connections);
  }
  return kept;
}

std::optional<admin::Access> admin_access(const config::Settings& settings, std::vector<contract::Problem>& problems) {
  if (!settings.admin_token_file.empty()) {
    auto loaded = config::load_admin_tokens(settings.admin_token_file);
    if (loaded.ok()) return admin::Access{settings.admin_hosts, std::move(loaded.tokens)};
    std::ranges::move(loaded.problems, std::back_inserter(problems));
    return std::nullopt;
  }
  if (settings.admin.is_loopback()) return admin::Access{settings.admin_hosts, {}};
  const auto place = settings.places.find("/admin");
  problems.push_back(
      {contract::Severity::error,
       place == settings.places.end() ? contract::Place{settings.file.string(), 0, 0} : place->second,
       "admin: " + settings.admin.text() +
           " can be reached from other machines, so it needs admin_token_file: a file with lines read:TOKEN and "
           "change:TOKEN"});
  return std::nullopt;
}

}  // namespace pgw::service
