// The stand-in for the upstream: the 18 operations of the Humanloop v4 Projects API, for real, on SQLite and a socket.
//
// What it knows comes from the OpenAPI document that it is given: routes, 404, 405 and 422 are those of the contract
// library, so they speak the vocabulary of the real service. Everything else (statuses, defaults, filters, paging, 400,
// 401 and 404 of what is asked for) follows the facts of the API. Like the real service it sends a Date, but no
// Cache-Control and no ETag.
//
// The Projects API can't make model configs: the real service makes one when a prompt is saved or first called. So that
// a project that is made here can live its whole life, **every new project is given one starter model config**
// ("Starter", a chat model). It isn't active until it is deployed or set by `active_config_id`; Projects_listConfigs
// tells its id. Every project knows the same three things of the organization: the environments `production` (the
// default) and `staging`, the evaluators of the seed, and the user that owns the key.
//
// A write is visible to every read that begins after the write's response has begun to arrive (linearizable).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pgw::sandbox {

struct Options {
  /// ADDRESS:PORT of an IPv4 address, or [ADDRESS]:PORT of an IPv6 one; port 0 means any free port.
  std::string listen = "127.0.0.1:0";
  /// The only key that is taken (X-API-KEY, or Authorization: Bearer). Empty: any non-empty key is.
  std::string api_key;
  /// The database file, made when it doesn't exist. Empty: in memory, gone with the object.
  std::string database;
  /// The OpenAPI document of the Projects API.
  std::filesystem::path contract_file;
  /// Threads that carry out operations; at least 1. A delay that a fault header asks for occupies none of them.
  int threads = 2;
  /// Obey the X-Sandbox-* request headers of faults.h and serve GET /sandbox/requests. For tests only.
  bool faults = false;
  /// Called once an operation has been carried out, with the request's X-Request-ID, in a thread of the sandbox's. For
  /// tests only.
  std::function<void(std::string_view request_id)> on_carried_out;
  /// Fill an empty database with the example data of seed.h. A database that has a project is left as it is. Without it
  /// a new database has only the organization: user, team, root directory, environments and evaluators.
  bool seed = true;
};

/// One running upstream. Thread-safe; several may live in one process.
class Sandbox {
 public:
  /// Either `sandbox` is set, or `errors` says why not: one sentence each, for a person to read.
  struct Outcome {
    std::unique_ptr<Sandbox> sandbox;
    std::vector<std::string> errors;
  };

  /// Compiles the contract, opens the database, binds the socket; returns once connections are accepted. Never throws.
  static Outcome start(const Options& options);

  /// Calls stop().
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// "http://127.0.0.1:PORT/v4": the address really bound, the port really taken, and the base path. No slash at the
  /// end.
  std::string url() const;

  /// Stops accepting, drops delayed requests, lets the operations under way finish, closes every connection.
  /// Idempotent.
  void stop();

 private:
  class Impl;
  explicit Sandbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::sandbox
