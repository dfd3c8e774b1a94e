// The one database of a sandbox, shared by its threads.
#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "sandbox/database.h"

namespace pgw::sandbox {

/// Members keep the order in which they were set, so that a response reads like the API's documentation.
using Json = nlohmann::ordered_json;

/// An operation that can't be done: the status and the `detail` of the answer. What the subject functions (projects.h,
/// configs.h,
/// ...) throw.
class Refusal : public std::runtime_error {
 public:
  Refusal(int status, const std::string& detail) : std::runtime_error(detail), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

/// "Project with id 'pr_x' not found."
[[noreturn]] void refuse_missing(std::string_view what, std::string_view id);

/// What a subject function works with, inside one transaction.
class Session {
 public:
  Database& db() { return db_; }

  /// The time, as the API writes it. Each call is later than every time that this database has handed out, so that no
  /// two things share a time and sorting by it is stable.
  std::string now();

  /// An unused identifier like the service's: the prefix, "_" and 21 letters and digits.
  std::string new_id(std::string_view prefix);

 private:
  friend class Store;
  explicit Session(const std::string& path) : db_(path) {}

  Database db_;
  std::int64_t last_time_ = 0;  // microseconds since 1970
  std::mt19937_64 random_;
};

/// Runs one operation at a time, each in a transaction of its own: what an operation wrote is seen by every operation
/// that begins after it returned, or by none if it threw. Thread-safe.
class Store {
 public:
  /// Opens the database and makes what is missing: the tables, the organization and, if asked, the example data. Throws
  /// DatabaseError.
  Store(const std::string& path, bool seed);

  /// The operation's result; its exceptions pass, after its changes were undone.
  template <typename Operation>
  auto run(Operation&& operation) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(session_.db());
    auto result = std::forward<Operation>(operation)(session_);
    transaction.commit();
    return result;
  }

 private:
  std::mutex mutex_;
  Session session_;
};

}  // namespace pgw::sandbox
