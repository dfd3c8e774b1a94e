// A reload: the configuration is taken whole, or what runs stays.
#include <utility>

#include "gateway/log/log.h"
#include "gateway/service/cache_admin.h"
#include "gateway/service/configuration.h"
#include "gateway/service/service.h"

namespace pgw::service {

void Service::reload() {
  auto next = load_next(*runtime());
  if (next.runtime == nullptr) {
    metrics_.config_reloads(false).Increment();
    log::event(log::Level::error, "reload refused; the running configuration stays");
    return;
  }
  for (const auto& name : next.pending_restart) {
    log::event(log::Level::warning, "a changed setting needs a restart to take effect", {{"key", name}});
  }
  {
    const std::scoped_lock lock(runtime_mutex_);
    pending_restart_ = std::move(next.pending_restart);
  }
  const auto previous = runtime();
  admin_->set_access(std::move(next.admin_access));
  publish(next.runtime);
  outdate_changed_rules(cache_, *previous, *next.runtime);
  follow_runtime();
  reserve_descriptors();
  metrics_.config_reloads(true).Increment();
  log::event(log::Level::info, "configuration reloaded");
}

Service::Next Service::load_next(const pipeline::Runtime& current) {
  const auto& credential = current.settings.upstream.credential;
  auto files = pipeline::load_files(options_.source(credential ? &*credential : nullptr));
  log_problems(files.problems);
  if (!files.usable()) return {};
  auto& settings = *files.settings;
  auto& api = files.api;

  auto kept = keep_what_runs(settings, current.settings);
  std::vector<contract::Problem> access_problems;
  auto access = admin_access(settings, access_problems);
  log_problems(access_problems);
  if (!access) return {};
  // Counters and allow-lists go by the position of an operation, so another set of operations is another process.
  const bool keeps_contract = pipeline::operation_ids(*api.contract) != pipeline::operation_ids(*current.contract);
  if (keeps_contract) {
    auto checked = pipeline::build_runtime(settings, api.contract);
    if (checked.runtime == nullptr) {
      log_problems(checked.problems);
      return {};
    }
    settings.api = current.settings.api;
    api = {current.contract, current.contract_digest, {}};
    kept.emplace_back("api");
  }
  auto built = pipeline::build_runtime(settings, api.contract, build_options(current.keys.get(), api.digest));
  log_problems(built.problems);
  if (built.runtime == nullptr && keeps_contract) {
    log::event(log::Level::error,
               "rules or keys name operations that only the new API description has, and that needs a restart");
  }
  return {std::move(built.runtime), std::move(kept), std::move(*access)};
}

}  // namespace pgw::service
