#include "gateway/service/service.h"

#include <algorithm>
#include <future>
#include <thread>

#include <nlohmann/json.hpp>

#include "config/admin_tokens.h"
#include "gateway/log/log.h"
#include "gateway/pipeline/cache_clock.h"
#include "gateway/service/cache_admin.h"
#include "gateway/service/warm_cache.h"

namespace pgw::service {
namespace {

using log::Level;

/// How long a reload waits for busy workers.
constexpr auto take_over_time = std::chrono::seconds(5);

/// How often a drain looks whether it is to hurry.
constexpr std::chrono::milliseconds look_again{50};

void append(std::vector<contract::Problem>& all, std::vector<contract::Problem> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

log::Options log_options(const config::LogSettings& settings) {
  return {static_cast<log::Level>(settings.level), static_cast<log::Format>(settings.format), settings.access};
}

cache::Options cache_options(const config::Settings& settings, bool check_generations) {
  cache::Options options;
  options.check_generations = check_generations;
  options.store.max_bytes = settings.cache.max_size;
  options.unknown_write_time = settings.upstream.timeout;
  options.targeted_field = settings.cache.targeted_field;
  options.store.max_variants = settings.cache.max_variants;
  return options;
}

std::string url_of(const std::string& host, std::uint16_t port) {
  return "http://" + config::Address{host, port}.text();
}

void log_problems(const std::vector<contract::Problem>& problems) {
  for (const auto& problem : contract::summed_up(problems)) {
    const bool is_error = problem.severity == contract::Severity::error;
    log::event(is_error ? Level::error : Level::warning, "configuration problem",
               {{"problem", contract::to_string(problem)}});
  }
}

/// Puts what a running process can't change back to what runs; the keys whose values differed. So whatever reads the
/// settings, /config included, sees what is in force.
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

/// Says by id which keys came, went and are another now.
void log_key_changes(const access::KeyRing& before, const access::KeyRing& after) {
  const auto names = [](const std::vector<std::string>& ids) {
    std::string text;
    for (const auto& id : ids) text += (text.empty() ? "" : ", ") + id;
    return text;
  };
  const auto changes = access::changes_of(before, after);
  log::event(
      Level::info, "the keys were replaced from their file",
      {{"added", names(changes.added)}, {"removed", names(changes.removed)}, {"changed", names(changes.changed)}});
}

/// Who may ask the admin listener for what. Nobody but the machine itself may without a token.
std::optional<admin::Access> admin_access(const config::Settings& settings, std::vector<contract::Problem>& problems) {
  if (!settings.admin_token_file.empty()) {
    auto loaded = config::load_admin_tokens(settings.admin_token_file);
    if (loaded.ok()) return admin::Access{settings.admin_hosts, std::move(loaded.tokens)};
    append(problems, std::move(loaded.problems));
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
  append(outcome.problems, std::move(built.problems));
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

void Service::reload() {
  auto next = load_next(*runtime());
  if (next.runtime == nullptr) {
    metrics_.config_reloads(false).Increment();
    log::event(Level::error, "reload refused; the running configuration stays");
    return;
  }
  for (const auto& name : next.pending_restart) {
    log::event(Level::warning, "a changed setting needs a restart to take effect", {{"key", name}});
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
  log::event(Level::info, "configuration reloaded");
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
    log::event(Level::error,
               "rules or keys name operations that only the new API description has, and that needs a restart");
  }
  return {std::move(built.runtime), std::move(kept), std::move(*access)};
}

void Service::reserve_descriptors() {
  const std::size_t reserved = descriptors_beside_clients(runtime()->settings);
  const std::size_t connections = edge_->reserve_descriptors(reserved);
  if (connections >= reserved) return;
  log::event(Level::warning, "the limit of open files leaves few to teams: raise it, or lower upstream.max_connections",
             {{"connections", std::to_string(connections)}, {"reserved", std::to_string(reserved)}});
}

void Service::follow_runtime() {
  log::configure(log_options(runtime()->settings.log));
  cache_.raise_unknown_write_time(runtime()->settings.upstream.timeout);
  announce_key_expiries();
  follow_credential_file();
  follow_keys_file();
}

void Service::follow_credential_file() {
  const auto current = runtime();
  const auto& credential = current->settings.upstream.credential;
  const auto file = credential ? credential->value_file : std::filesystem::path();
  if (credential_file_ == nullptr || credential_file_->path() != file) credential_failure_.clear();
  // Anew in any case: its last good value is that of the runtime.
  credential_file_.reset();
  if (!file.empty()) {
    credential_file_ =
        std::make_unique<config::SecretFile>(file, std::make_shared<const config::Secret>(credential->value));
  }
  note_credential_file();
}

void Service::tick() {
  cache_.set_wall_ahead(pipeline::wall_ahead());
  refresh_credential();
  refresh_keys();
  tick_pressure();
}

void Service::tick_pressure() {
  const auto report = pressure_watch_.look(edge_->pressure(), std::chrono::steady_clock::now());
  if (!report) return;
  using Kind = PressureReport::Kind;
  const bool is_over = report->kind == Kind::ended;
  log::event(is_over ? Level::info : Level::warning,
             is_over ? "connections are no longer turned away" : "connections are turned away",
             {{"closed_for_address", std::to_string(report->since.closed_for_address)},
              {"closed_for_room", std::to_string(report->since.closed_for_room)},
              {"refused", std::to_string(report->since.refused)},
              {"address", report->since.last_address}});
}

void Service::refresh_credential() {
  if (credential_file_ == nullptr) return;
  credential_file_->refresh();
  const auto value = credential_file_->snapshot();
  const auto current = runtime();
  if (!current->settings.upstream.credential->value.equals(value->reveal())) {
    publish(pipeline::with_credential(*current, *value));
    log::event(Level::info, "the upstream credential was replaced from its file");
  }
  note_credential_file();
}

void Service::note_credential_file() {
  const std::string failure = credential_file_ == nullptr ? std::string() : credential_file_->failure();
  metrics_.credential_file_usable().Set(failure.empty() ? 1 : 0);
  if (failure == credential_failure_) return;
  credential_failure_ = failure;
  if (failure.empty()) {
    log::event(Level::info, "the upstream credential's file can be used again");
  } else {
    log::event(Level::error, "the upstream credential's file can't be used; the last good value stays",
               {{"reason", failure}});
  }
}

void Service::follow_keys_file() {
  const auto& file = runtime()->settings.access.keys_file;
  keys_file_.reset();
  if (file.empty()) return;
  keys_file_.emplace(file);
  keys_digest_ = runtime()->keys_digest;
}

void Service::refresh_keys() {
  if (!keys_file_ || !keys_file_->may_have_changed()) return;
  auto digest = pipeline::digest_of_file(keys_file_->path());
  if (digest == keys_digest_) return;
  keys_digest_ = std::move(digest);
  const auto current = runtime();
  auto built = pipeline::with_keys(*current, build_options(current->keys.get(), current->contract_digest));
  log_problems(built.problems);
  if (built.runtime == nullptr) {
    log::event(Level::error, "the changed keys file is refused; the keys in force stay");
    return;
  }
  log_key_changes(*current->keys, *built.runtime->keys);
  publish(built.runtime);
  announce_key_expiries();
}

void Service::announce_key_expiries() {
  std::vector<metrics::Metrics::KeyExpiry> expiries;
  const auto current = runtime();
  for (const auto& principal : current->keys->principals()) {
    if (principal.expires) expiries.push_back({principal.key_id, *principal.expires});
  }
  metrics_.set_key_expiries(expiries);
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

void Service::copy_cache_figures() {
  const auto stats = cache_.stats();
  metrics_.cache_entries().Set(static_cast<double>(stats.entries));
  metrics_.cache_size_bytes().Set(static_cast<double>(stats.bytes));
  metrics::raise_to(metrics_.cache_evictions(), static_cast<double>(stats.evictions));
  metrics::raise_to(metrics_.cache_invalidations("write"),
                    static_cast<double>(stats.invalidations_by_write + stats.invalidations_by_unknown_write));
  metrics::raise_to(metrics_.cache_primed(), static_cast<double>(stats.primed));
  metrics::raise_to(metrics_.cache_invalidations("purge"), static_cast<double>(stats.invalidations_by_purge));
}

void Service::copy_connection_figures() {
  if (edge_ == nullptr) return;
  const auto figures = edge_->pressure();
  metrics::raise_to(metrics_.connections_turned_away("address"), static_cast<double>(figures.closed_for_address));
  metrics::raise_to(metrics_.connections_turned_away("room"), static_cast<double>(figures.closed_for_room));
  metrics::raise_to(metrics_.connections_turned_away("refused"), static_cast<double>(figures.refused));
}

void Service::copy_log_figures() {
  const auto dropped = log::dropped_lines();
  metrics::raise_to(metrics_.dropped_access_lines(), static_cast<double>(dropped.accesses));
  metrics::raise_to(metrics_.dropped_event_lines(), static_cast<double>(dropped.events));
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
              [this](const admin::EntryFilter& filter) { return cache_entries(cache_, filter, pipeline::cache_now()); },
          .purge = [this](const admin::PurgeRequest& request) { return purge(cache_, *runtime(), request); }};
}

}  // namespace pgw::service
