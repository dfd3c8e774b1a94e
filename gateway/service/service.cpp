#include "gateway/service/service.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <thread>

#include <nlohmann/json.hpp>

#include "gateway/log/log.h"
#include "gateway/service/cache_admin.h"
#include "gateway/service/cache_why.h"
#include "gateway/service/configuration.h"
#include "gateway/service/warm_cache.h"

namespace pgw::service {
namespace {

using log::Level;

/// How long a reload waits for busy workers.
constexpr auto take_over_time = std::chrono::seconds(5);

/// How often a drain looks whether it is to hurry.
constexpr std::chrono::milliseconds look_again{50};

cache::Options cache_options(const config::Settings& settings, bool check_generations) {
  cache::Options options;
  options.check_generations = check_generations;
  options.store.max_bytes = settings.cache.max_size;
  options.unknown_write_time = settings.upstream.timeout;
  options.targeted_field = settings.cache.targeted_field;
  options.store.max_variants = settings.cache.max_variants;
  options.clock = pipeline::cache_now;
  return options;
}

std::string url_of(const std::string& host, std::uint16_t port) {
  return "http://" + config::Address{host, port}.text();
}

/// Descriptors of everything but the teams' connections: the upstream's, those of each worker (its epoll, clocks and
/// mailboxes, Pistache's and libcurl's), and listeners, logs, files, the operator's connections.
std::size_t descriptors_beside_clients(const config::Settings& settings) {
  constexpr std::size_t of_a_worker = 10;
  constexpr std::size_t others = 64;
  const std::size_t of_upstream = settings.upstream.url.scheme == "https" ? 3 : 1;  // see upstream::Wire
  return of_upstream * settings.upstream.max_connections + of_a_worker * settings.workers + others;
}

}  // namespace

Service::Outcome Service::prepare(Options options) {
  auto files = pipeline::load_files(options.source(nullptr));
  Outcome outcome{nullptr, std::move(files.problems)};
  if (!files.usable()) return outcome;
  auto access = admin_access(*files.settings, outcome.problems);
  if (!access) return outcome;

  std::unique_ptr<Service> service(new Service(std::move(options), *files.settings, *files.api.contract));
  auto built =
      pipeline::build_runtime(*files.settings, files.api.contract, service->build_options(nullptr, files.api.digest));
  std::ranges::move(built.problems, std::back_inserter(outcome.problems));
  if (built.runtime == nullptr) return outcome;
  service->publish(built.runtime);
  service->follow_runtime();
  log_problems(outcome.problems);
  // A file serves one start, so it is taken once nothing can fail any more; and before the admin listener is served,
  // so that nothing comes back that a purge has removed.
  service->listen(std::move(*access));
  service->restore_cache();
  outcome.service = std::move(service);
  return outcome;
}

Service::Service(Options options, const config::Settings& settings, const contract::Contract& contract)
    : options_(std::move(options)),
      metrics_(pipeline::operation_ids(contract), {}, options_.version, options_.commit),
      cache_(cache_options(settings, options_.check_generations)),
      breaker_({settings.upstream.breaker.failures, settings.upstream.breaker.open_for,
                [this](bool open) { note_breaker(open); }}),
      process_{cache_, metrics_, breaker_, std::make_shared<upstream::Pool>()} {
  metrics_.before_exposition([this] { copy_cache_figures(); });
  metrics_.before_exposition([this] { copy_log_figures(); });
  metrics_.before_exposition([this] { copy_connection_figures(); });
}

Service::~Service() {
  admin_.reset();
  if (edge_ != nullptr) edge_->stop();
}

void Service::listen(admin::Access admin_access) {
  const auto& settings = runtime()->settings;
  edge::Server::Options server{.host = settings.listen.host, .port = settings.listen.port, .workers = settings.workers};
  edge_ = std::make_unique<edge::Server>(std::move(server), [this](loop::EventLoop& loop) {
    auto worker = std::make_unique<pipeline::Worker>(loop, process_, this->runtime());
    const std::scoped_lock lock(members_mutex_);
    members_.push_back({&loop, worker.get()});
    return worker;
  });
  edge_->bind();
  reserve_descriptors();
  admin_ = std::make_unique<admin::AdminServer>(settings.admin.host, settings.admin.port, std::move(admin_access),
                                                admin_hooks());
}

std::string Service::listen_url() const {
  return url_of(runtime()->settings.listen.host, edge_->port());
}
std::string Service::admin_url() const {
  return url_of(runtime()->settings.admin.host, admin_->port());
}

void Service::start() {
  edge_->start();
  admin_->start();
  log::event(
      Level::info, "serving",
      {{"listen", listen_url()}, {"admin", admin_url()}, {"version", options_.version}, {"commit", options_.commit}});
}

std::shared_ptr<const pipeline::Runtime> Service::runtime() const {
  const std::scoped_lock lock(runtime_mutex_);
  return runtime_;
}

void Service::publish(const std::shared_ptr<const pipeline::Runtime>& runtime) {
  {
    const std::scoped_lock lock(runtime_mutex_);
    runtime_ = runtime;
  }
  std::vector<std::future<void>> taken_over;
  {
    const std::scoped_lock lock(members_mutex_);
    for (const Member& member : members_) {
      auto done = std::make_shared<std::promise<void>>();
      taken_over.push_back(done->get_future());
      member.loop->post([worker = member.worker, runtime, done] {
        worker->use(runtime);
        done->set_value();
      });
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + take_over_time;
  for (const auto& worker : taken_over) {
    if (worker.wait_until(deadline) == std::future_status::ready) continue;
    log::event(Level::warning, "a worker is too busy to take the new configuration; it will when its turn ends");
  }
}

pipeline::BuildOptions Service::build_options(const access::KeyRing* previous, const std::string& contract_digest) {
  return {.contract_digest = contract_digest,
          .extra_keys = options_.extra_keys,
          .previous_keys = previous,
          .team_number = [this](std::string_view team) { return metrics_.add_team(team); }};
}

void Service::reserve_descriptors() {
  const std::size_t reserved = descriptors_beside_clients(runtime()->settings);
  const std::size_t connections = edge_->reserve_descriptors(reserved);
  if (connections >= reserved) return;
  log::event(Level::warning, "the limit of open files leaves few to teams: raise it, or lower upstream.max_connections",
             {{"connections", std::to_string(connections)}, {"reserved", std::to_string(reserved)}});
}

void Service::drain(const std::function<bool()>& is_hurried) {
  draining_ = true;
  const auto limits = runtime()->settings.limits;
  log::event(Level::info, "draining", {{"connections", std::to_string(edge_->open_connections())}});
  edge_->wind_down();
  const auto until = std::chrono::steady_clock::now() + limits.drain_delay;
  while (std::chrono::steady_clock::now() < until && !(is_hurried && is_hurried())) {
    std::this_thread::sleep_for(look_again);
  }
  edge_->drain(limits.drain_timeout, is_hurried);
  edge_->stop();
  admin_->stop();
  save_cache();
  log::event(Level::info, "stopped");
}

cache::ArchiveIdentity Service::archive_identity() const {
  const auto current = runtime();
  return {current->contract_digest, current->upstream_identity};
}

void Service::restore_cache() {
  const auto& file = runtime()->settings.cache.file;
  if (file.empty()) return;
  const auto entries = service::restore_cache(cache_, file, archive_identity());
  metrics_.cache_restored_entries().Set(static_cast<double>(entries));
}

void Service::save_cache() {
  if (const auto& file = runtime()->settings.cache.file; !file.empty()) {
    service::save_cache(cache_, file, archive_identity());
  }
}

void Service::note_breaker(bool open) {
  metrics_.upstream_breaker_open().Set(open ? 1 : 0);
  log::event(open ? Level::error : Level::info, open ? "breaker opened" : "breaker closed");
}

nlohmann::json Service::configuration() const {
  const std::scoped_lock lock(runtime_mutex_);
  auto json = config::redacted(runtime_->settings);
  json["pending_restart"] = pending_restart_;
  return json;
}

admin::Hooks Service::admin_hooks() {
  return {.metrics = [this] { return metrics_.exposition(); },
          .ready = [this] { return !draining_; },
          .readiness =
              [this] {
                return nlohmann::json{{"credential", process_.credential.is_refused() ? "refused" : "ok"}};
              },
          .configuration = [this] { return configuration(); },
          .cache_statistics = [this] { return cache_statistics(cache_); },
          .cache_entries =
              [this](const admin::EntryFilter& filter) {
                return cache_entries(cache_, filter, pipeline::wall_clock_now());
              },
          .cache_why =
              [this](const admin::WhyRequest& request) {
                return cache_why(cache_, *runtime(), request, pipeline::wall_clock_now());
              },
          .purge = [this](const admin::PurgeRequest& request) { return purge(cache_, *runtime(), request); }};
}

}  // namespace pgw::service
