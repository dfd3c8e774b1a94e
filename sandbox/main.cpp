// projects-sandbox: the stand-in upstream as a program.
#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <signal.h>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/version.h"
#include "sandbox/sandbox.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* contract_name = "projects-v4.openapi.yaml";

struct Arguments {
  pgw::sandbox::Options options;
  fs::path ready_file;
};

/// Beside a build tree, in the current directory, or installed.
fs::path find_contract() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const std::array candidates{program / ".." / "config" / contract_name, fs::path("config") / contract_name,
                              program / ".." / "share" / "projects-gateway" / contract_name};
  for (const fs::path& candidate : candidates) {
    if (fs::exists(candidate, ignored)) return candidate.lexically_normal();
  }
  return {};
}

void declare(CLI::App& app, Arguments& arguments) {
  pgw::sandbox::Options& options = arguments.options;
  app.set_version_flag("--version", "projects-sandbox " + std::string(pgw::base::version()) + " (" +
                                        std::string(pgw::base::commit()) + ")");
  app.add_option("--listen", options.listen, "Where to listen; port 0 means any")->type_name("ADDR:PORT");
  app.add_option("--api-key", options.api_key, "The only key to accept; without it any key is")
      ->type_name("KEY")
      ->envname("PROJECTS_SANDBOX_API_KEY");
  app.add_option("--db", options.database, "Keep the data in this SQLite file instead of in memory")->type_name("FILE");
  app.add_option("--contract", options.contract_file, "The OpenAPI document; looked for when it isn't given")
      ->type_name("FILE");
  app.add_option("--threads", options.threads, "Threads that carry out operations")->check(CLI::Range(1, 256));
  app.add_flag("--faults", options.faults, "Obey X-Sandbox-* request headers and serve GET /sandbox/requests");
  app.add_flag("!--no-seed", options.seed, "Begin without example data");
  app.add_option("--ready-file", arguments.ready_file, "Write the address here, as JSON, once connections are accepted")
      ->type_name("FILE");
}

/// Whole or not at all: a script that waits for the file never reads half of it.
bool write_ready_file(const fs::path& file, const std::string& url) {
  const fs::path unfinished = file.string() + ".new";
  const std::string origin = url.substr(0, url.find('/', std::string("http://").size()));
  std::ofstream out(unfinished);
  out << nlohmann::json{{"listen", origin}, {"url", url}}.dump() << '\n';
  out.close();
  std::error_code error;
  if (out) fs::rename(unfinished, file, error);
  return out && !error;
}

sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int serve(Arguments arguments) {
  if (arguments.options.contract_file.empty()) arguments.options.contract_file = find_contract();
  if (arguments.options.contract_file.empty()) {
    std::cerr << "projects-sandbox: " << contract_name << " not found; name it with --contract\n";
    return 1;
  }
  const sigset_t signals = block_stop_signals();
  const auto outcome = pgw::sandbox::Sandbox::start(arguments.options);
  for (const std::string& error : outcome.errors) std::cerr << "projects-sandbox: " << error << '\n';
  if (!outcome.sandbox) return 1;
  std::cout << "projects-sandbox listens on " << outcome.sandbox->url() << std::endl;
  if (!arguments.ready_file.empty() && !write_ready_file(arguments.ready_file, outcome.sandbox->url())) {
    std::cerr << "projects-sandbox: can't write " << arguments.ready_file.string() << '\n';
    return 1;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  outcome.sandbox->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("The Humanloop v4 Projects API on this machine, with example data: a stand-in for the upstream.");
    Arguments arguments;
    declare(app, arguments);
    CLI11_PARSE(app, argc, argv);
    return serve(std::move(arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "projects-sandbox: %s\n", error.what());
    return 1;
  }
}
