// SQLite with owners: a connection, statements that are prepared once and lent, transactions that roll back unless
// committed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace pgw::sandbox {

/// What SQLite refused, in its words and with the statement. Thrown by everything in this header.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Database;

/// A statement on loan: goes back to its Database, reset and unbound, when it is destroyed. Must not outlive the
/// Database.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// Parameters count from 1, as in SQLite's ?1. Text is copied.
  void bind(int parameter, std::string_view text);
  void bind(int parameter, const std::string& text) { bind(parameter, std::string_view(text)); }
  void bind(int parameter, const char* text) { bind(parameter, std::string_view(text)); }
  void bind(int parameter, std::int64_t number);
  void bind(int parameter, int number) { bind(parameter, static_cast<std::int64_t>(number)); }
  void bind(int parameter, double number);
  void bind(int parameter, std::nullopt_t null);
  template <typename T>
  void bind(int parameter, const std::optional<T>& value) {
    if (value) {
      bind(parameter, *value);
    } else {
      bind(parameter, std::nullopt);
    }
  }

  /// True if there is a row to read; false once the statement is done.
  bool step();

  /// Columns count from 0.
  std::string text(int column) const;
  std::optional<std::string> maybe_text(int column) const;
  std::int64_t integer(int column) const;
  std::optional<double> maybe_real(int column) const;

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}

  Database* database_;
  sqlite3_stmt* statement_;
};

/// One connection. Not thread-safe: the Store guards it. Foreign keys are enforced; a file uses write-ahead logging.
/// Adds the SQL function folded(text): the text in lower case, Unicode-wise, for searches that ignore case.
class Database {
 public:
  /// An empty path means in memory.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs any number of statements that take no parameters and whose rows nobody wants.
  void execute(const char* sql);

  /// A statement with its parameters bound, to be stepped by the caller.
  template <typename... Values>
  Query query(std::string_view sql, const Values&... values) {
    Query query = prepare(sql);
    int parameter = 0;
    (query.bind(++parameter, values), ...);
    return query;
  }

  /// Runs a statement to its end; how many rows it changed.
  template <typename... Values>
  int run(std::string_view sql, const Values&... values) {
    Query statement = query(sql, values...);
    while (statement.step()) continue;
    return changes();
  }

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  Query prepare(std::string_view sql);
  void give_back(sqlite3_stmt* statement);
  int changes() const;
  [[noreturn]] void fail(std::string_view sql) const;

  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<sqlite3_stmt, Finalize>>> idle_;
};

/// Begins on construction; the destructor takes back whatever commit() did not seal.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace pgw::sandbox
