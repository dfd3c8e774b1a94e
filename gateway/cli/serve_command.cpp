#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <pthread.h>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include "base/version.h"
#include "config/units.h"
#include "gateway/access/new_key.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/paths.h"
#include "gateway/cli/problems.h"
#include "gateway/log/log.h"
#include "gateway/service/service.h"
#include "sandbox/sandbox.h"

namespace pgw::cli {
namespace {

/// The signals that the main thread waits for. Blocked before any thread starts, so that no other thread gets them.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// The next signal, or 0 when there is none for that long.
  int wait(std::chrono::milliseconds time) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const timespec left{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
    const int number = sigtimedwait(&set_, nullptr, &left);
    return number < 0 ? 0 : number;
  }

 private:
  sigset_t set_{};
};

struct CurlLibrary {
  CurlLibrary() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlLibrary() { curl_global_cleanup(); }
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
};

struct LogWriter {
  LogWriter() { log::start({}); }
  ~LogWriter() { log::stop(); }
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
};

/// As many descriptors as this process may have: each connection takes one, and the usual soft limit is there for
/// programs that call select(). If it can't be raised, the bound on connections follows the one that stands.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The embedded upstream of `--sandbox`, and the two secrets made for it: what the gateway shows upstream, and what the
/// team shows the gateway.
struct Embedded {
  std::unique_ptr<sandbox::Sandbox> upstream;
  config::Secret credential;
  access::NewKey team_key;
};

std::optional<Embedded> start_sandbox() {
  auto credential = access::new_key("sandbox", {});
  auto team_key = access::new_key("sandbox", {config::Scope::read, config::Scope::write});
  sandbox::Options options;
  options.api_key = std::string(credential.key.reveal());
  options.contract_file = bundled_file("projects-v4.openapi.yaml");
  auto outcome = sandbox::Sandbox::start(options);
  for (const auto& error : outcome.errors) std::cerr << "sandbox: " << error << '\n';
  if (outcome.sandbox == nullptr) return std::nullopt;
  return Embedded{std::move(outcome.sandbox), std::move(credential.key), std::move(team_key)};
}

/// A command line address, to stand in place of the file's. Throws std::invalid_argument.
std::optional<config::Address> given_address(const std::string& text, const char* option) {
  if (text.empty()) return std::nullopt;
  const auto parsed = config::parse_address(text);
  if (!parsed) throw std::invalid_argument(std::string(option) + " takes HOST:PORT, not '" + text + "'");
  return parsed;
}

config::Loaded load(const ServeOptions& options, const Embedded* embedded, const config::UpstreamCredential* running) {
  // Without --config a sandbox is a trial of this very program: the settings of an installation, its cache file above
  // all, are none of its business.
  const bool is_trial = embedded != nullptr && options.config.empty();
  const auto installed = [&] { return options.config.empty() ? default_file("gateway.yaml") : options.config; };
  const auto file = is_trial ? bundled_file("gateway.yaml") : installed();
  config::Overrides overrides{given_address(options.listen, "--listen"), given_address(options.admin, "--admin"), {}};
  if (!options.admin_token_file.empty())
    overrides.admin_token_file = std::filesystem::absolute(options.admin_token_file);
  auto loaded = config::load_settings(file, config::process_environment(),
                                      embedded == nullptr ? config::Purpose::serve : config::Purpose::sandbox, running,
                                      overrides);
  if (!loaded.settings) return loaded;
  if (embedded == nullptr) return loaded;
  loaded.settings->upstream.url = *config::parse_url(embedded->upstream->url()).url;
  loaded.settings->upstream.credential = config::UpstreamCredential{"X-API-KEY", embedded->credential, {}};
  loaded.settings->access.mode = config::AccessMode::keys;
  loaded.settings->access.keys_file.clear();
  if (is_trial) loaded.settings->cache.file.clear();
  return loaded;
}

void print_greeting(const service::Service& service, const Embedded& embedded) {
  const std::string key(embedded.team_key.key.reveal());
  const std::string url = service.listen_url() + "/v4/projects";
  const std::string curl = "  curl -s -H 'X-API-KEY: " + key + "' ";
  std::cout << "projects-gateway is listening on " << service.listen_url() << "\n"
            << "  team key  " << key << "\n"
            << "  admin     " << service.admin_url() << "  (/metrics /healthz /readyz /config /cache, POST /purge)\n"
            << "  upstream  the embedded sandbox, with example projects\n\n"
            << "Try, in another terminal:\n"
            << curl << "-i '" << url << "?size=2'\n"
            << curl << "-i '" << url << "?size=2'      # again: see Cache-Status and Age\n"
            << curl << "-X POST -H 'Content-Type: application/json' -d '{\"name\":\"my project\"}' " << url << "\n"
            << curl << "-X POST -H 'Content-Type: application/json' -d '{\"nmae\":\"a slip\"}' " << url
            << "   # 422, and never forwarded\n"
            << curl << "-X POST -H 'Content-Type: application/json' -d '{\"name\":5}' " << url
            << "   # 422 as well: a name is a text\n"
            << "  curl -s " << service.admin_url() << "/metrics | grep gateway_requests\n\n"
            << "Ctrl-C ends it. Accesses follow, one JSON line each.\n"
            << std::flush;
}

/// Written whole or not at all, readable by this user alone as it may hold a key. Throws std::runtime_error.
void write_ready_file(const std::filesystem::path& file, const service::Service& service, const Embedded* embedded) {
  nlohmann::json content{{"listen", service.listen_url()}, {"admin", service.admin_url()}};
  if (embedded != nullptr) content["key"] = std::string(embedded->team_key.key.reveal());
  auto part = file;
  part += ".part";
  const mode_t previous = umask(077);
  std::ofstream out(part);
  umask(previous);
  out << content.dump() << '\n';
  out.close();
  if (!out) throw std::runtime_error("can't write the ready file " + file.string() + ": " + std::strerror(errno));
  std::filesystem::rename(part, file);
}

bool asks_to_end(int signal) {
  return signal == SIGTERM || signal == SIGINT;
}

/// Obeys signals until one asks to end.
void run_until_told_to_end(service::Service& service, const Signals& signals) {
  for (;;) {
    const int signal = signals.wait(std::chrono::seconds(1));
    if (asks_to_end(signal)) return;
    if (signal == SIGHUP) service.reload();
    if (signal == SIGUSR1) log::reopen();
    service.tick();
  }
}

/// No core dump, and no other process of this user, gets what is in this one's memory.
void keep_memory_private() {
  prctl(PR_SET_DUMPABLE, 0);
}

/// Whether another signal to end has come since the last look.
bool is_hurried(const Signals& signals) {
  for (int signal = 0; (signal = signals.wait(std::chrono::milliseconds(0))) != 0;) {
    if (asks_to_end(signal)) return true;
    if (signal == SIGUSR1) log::reopen();
  }
  return false;
}

/// Nothing that the gateway does needs it, and a fault in the gateway would then be one of the whole machine.
void warn_of_root() {
  if (geteuid() != 0) return;
  log::event(log::Level::warning,
             "running as root: give the gateway a user of its own (deploy/projects-gateway.service)");
}

int serve_or_throw(const ServeOptions& options) {
  keep_memory_private();
  raise_descriptor_limit();
  const Signals signals;
  const CurlLibrary curl;
  std::optional<Embedded> embedded;
  if (options.sandbox && !(embedded = start_sandbox())) return 1;
  const Embedded* const sandbox = embedded ? &*embedded : nullptr;

  const LogWriter log;
  warn_of_root();
  service::Options wanted;
  wanted.source = [&options, sandbox](const config::UpstreamCredential* running) {
    return load(options, sandbox, running);
  };
  wanted.version = base::version();
  wanted.commit = base::commit();
  if (sandbox != nullptr) wanted.extra_keys.push_back(sandbox->team_key.entry);
  auto outcome = service::Service::prepare(std::move(wanted));
  if (outcome.service == nullptr) {
    print_problems(outcome.problems);
    return 1;
  }
  if (sandbox != nullptr) print_greeting(*outcome.service, *sandbox);
  outcome.service->start();
  if (!options.ready_file.empty()) write_ready_file(options.ready_file, *outcome.service, sandbox);
  run_until_told_to_end(*outcome.service, signals);
  outcome.service->drain([&signals] { return is_hurried(signals); });
  if (!options.ready_file.empty()) std::filesystem::remove(options.ready_file);
  return 0;
}

}  // namespace

int serve(const ServeOptions& options) {
  try {
    return serve_or_throw(options);
  } catch (const std::exception& error) {
    std::cerr << "projects-gateway: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace pgw::cli
