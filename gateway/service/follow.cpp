// What is followed while the process serves: the credential's file, the keys file, connections that are turned away.
#include <utility>

#include "gateway/log/log.h"
#include "gateway/pipeline/cache_clock.h"
#include "gateway/service/configuration.h"
#include "gateway/service/service.h"

namespace pgw::service {
namespace {

using log::Level;

log::Options log_options(const config::LogSettings& settings) {
  return {static_cast<log::Level>(settings.level), static_cast<log::Format>(settings.format), settings.access};
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

}  // namespace

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

}  // namespace pgw::service
