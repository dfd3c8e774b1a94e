// projects-gateway: the command line.
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "base/version.h"
#include "gateway/cli/commands.h"

namespace {

int run(int argc, char** argv) {
  namespace cli = pgw::cli;
  CLI::App app{"A caching, validating gateway in front of the Projects API", "projects-gateway"};
  app.set_version_flag("--version", "projects-gateway " + std::string(pgw::base::version()) + " (" +
                                        std::string(pgw::base::commit()) + ")");
  app.require_subcommand(1);
  int exit_code = 0;

  std::string config;
  const auto add_config = [&config](CLI::App* command) {
    command->add_option("--config", config,
                        "The config file (default: /etc/projects-gateway/gateway.yaml, else the bundled one)");
  };

  cli::ServeOptions serve;
  auto* serve_command = app.add_subcommand("serve", "Serve until SIGTERM; SIGHUP reloads");
  add_config(serve_command);
  serve_command->add_flag("--sandbox", serve.sandbox,
                          "In front of an embedded sandbox with example data, with a team key made for it");
  serve_command->add_option("--listen", serve.listen, "HOST:PORT for teams, instead of the file's; port 0 means any");
  serve_command->add_option("--admin", serve.admin, "HOST:PORT for the operator, instead of the file's");
  serve_command->add_option(
      "--admin-token-file", serve.admin_token_file,
      "Lines read:TOKEN and change:TOKEN that the admin listener asks for, instead of the file's");
  serve_command->add_option("--ready-file", serve.ready_file, "Write the addresses here, as JSON, once ready");
  serve_command->callback([&] {
    serve.config = config;
    exit_code = cli::serve(serve);
  });

  auto* check = app.add_subcommand("check", "Check config, API description and keys; every problem with its place");
  add_config(check);
  bool verbose = false;
  check->add_flag("--verbose", verbose, "Every warning, not just the first one of each kind");
  check->callback([&] { exit_code = cli::check(config, verbose ? cli::Detail::all : cli::Detail::summed_up); });

  auto* routes = app.add_subcommand("routes", "List operations, their cache rules and what a write makes stale");
  add_config(routes);
  routes->callback([&] { exit_code = cli::routes(config); });

  cli::ValidateOptions validation;
  auto* validate = app.add_subcommand("validate",
                                      "Check a body (OPERATION [FILE]; prints the 422 that the server would send), a "
                                      "request (METHOD PATH [FILE]) or recorded ones (--all DIR). Exits with 0 if all "
                                      "are valid, 1 if not, 2 if something can't be used");
  add_config(validate);
  validate->add_option("REQUEST", validation.what,
                       "OPERATION [FILE], e.g. Projects_create body.json, or METHOD PATH [FILE]; - is standard input");
  validate->add_option("--query", validation.query, "NAME=VALUE, as text; again for each")->allow_extra_args(false);
  validate->add_option("--header", validation.headers, "'Name: value'; again for each")->allow_extra_args(false);
  validate->add_option("--all", validation.folder, "A folder with .http, .rest and .har files");
  validate->add_flag("--json", validation.as_json, "The verdict as JSON");
  validate->callback([&] {
    validation.config = config;
    exit_code = cli::validate(validation);
  });

  cli::NewKeyOptions key{.team = {}, .scopes = {"read", "write"}, .expires = {}};
  auto* keys = app.add_subcommand("keys", "Manage team keys")->require_subcommand(1);
  auto* new_key = keys->add_subcommand("new", "Make a key: prints the secret once, and the entry for the keys file");
  new_key->add_option("--team", key.team, "Whose key it is")->required();
  new_key->add_option("--scopes", key.scopes, "read, write, or both")->delimiter(',')->capture_default_str();
  new_key->add_option("--expires", key.expires, "A time from now (90d) or a date (2027-01-31); default: never");
  new_key->callback([&] { exit_code = cli::new_key(key); });

  std::string admin_url = "http://127.0.0.1:9180";
  auto* healthcheck = app.add_subcommand("healthcheck", "Exit 0 if a running gateway is ready");
  healthcheck->add_option("--admin", admin_url, "Its admin listener")->capture_default_str();
  healthcheck->callback([&] { exit_code = cli::healthcheck(admin_url); });

  CLI11_PARSE(app, argc, argv);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "projects-gateway: %s\n", error.what());
    return 1;
  }
}
