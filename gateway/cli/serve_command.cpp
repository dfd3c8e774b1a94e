#include <cerrno>
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

#include <curl/curl.h>
#include <nlohmann/json.hpp>

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
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// The next signal, or 0 after a second.
  int wait_a_second() const {
    const timespec second{1, 0};
    const int number = sigtimedwait(&set_, nullptr, &second);
    return number < 0 ? 0 : number;
  }

  /// Whether SIGTERM or SIGINT has come since the last look.
  bool is_hurried() const {
    const timespec at_once{};
    for (int number = 0; (number = sigtimedwait(&set_, nullptr, &at_once)) > 0;) {
      if (number != SIGHUP) return true;
    }
    return false;
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
  const auto file = options.config.empty() ? default_file("gateway.yaml") : options.config;
  const config::Overrides overrides{given_address(options.listen, "--listen"), given_address(options.admin, "--admin")};
  auto loaded = config::load_settings(file, config::process_environment(),
                                      embedded == nullptr ? config::Purpose::serve : config::Purpose::sandbox, running,
                                      overrides);
  if (!loaded.settings) return loaded;
  if (embedded == nullptr) return loaded;
  loaded.settings->upstream.url = *config::parse_url(embedded->upstream->url()).url;
  loaded.settings->upstream.credential = config::UpstreamCredential{"X-API-KEY", embedded->credential, {}};
  loaded.settings->access.mode = config::AccessMode::keys;
  loaded.settings->access.keys_file.clear();
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

void run_until_told_to_end(service::Service& service, const Signals& signals) {
  for (;;) {
    const int signal = signals.wait_a_second();
    if (signal == SIGHUP) {
      service.reload();
    } else if (signal != 0) {
      return;
    }
    service.tick();
  }
}

/// No core dump, and no other process of this user, gets what is in this one's memory.
void keep_memory_private() {
  prctl(PR_SET_DUMPABLE, 0);
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
  service::Options wanted;
  wanted.source = [&options, sandbox](const config::UpstreamCredential* running) {
    return load(options, sandbox, running);
  };
  wanted.version = PGW_VERSION;
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
  outcome.service->drain([&signals] { return signals.is_hurried(); });
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
