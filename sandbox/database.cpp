#include "sandbox/database.h"

#include <utility>

#include <sqlite3.h>

#include "sandbox/text.h"

namespace pgw::sandbox {

namespace {

void folded_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (text == nullptr) {
    sqlite3_result_null(context);
    return;
  }
  const std::string folded = fold_case({text, static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]))});
  sqlite3_result_text64(context, folded.data(), folded.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}
void Database::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(const std::string& path) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), &connection, flags, nullptr);
  connection_.reset(connection);
  if (result != SQLITE_OK) fail("open");
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, 5000);
  sqlite3_create_function_v2(connection, "folded", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, folded_function,
                             nullptr, nullptr, nullptr);
  execute("PRAGMA foreign_keys = ON");
  if (!path.empty()) execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
}

Database::~Database() = default;

void Database::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

Query Database::prepare(std::string_view sql) {
  auto& idle = idle_[std::string(sql)];
  if (!idle.empty()) {
    sqlite3_stmt* statement = idle.back().release();
    idle.pop_back();
    return {*this, statement};
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    fail(sql);
  }
  return {*this, statement};
}

void Database::give_back(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  idle_[sqlite3_sql(statement)].emplace_back(statement);
}

int Database::changes() const {
  return sqlite3_changes(connection_.get());
}

void Database::fail(std::string_view sql) const {
  const char* reason = connection_ ? sqlite3_errmsg(connection_.get()) : "out of memory";
  throw DatabaseError("SQLite: " + std::string(reason) + " (" + std::string(sql) + ")");
}

Query::Query(Query&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Query::~Query() {
  if (statement_ != nullptr) database_->give_back(statement_);
}

void Query::bind(int parameter, std::string_view text) {
  // An empty string_view may hold a null pointer, which SQLite would take for NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (sqlite3_bind_text64(statement_, parameter, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) {
    database_->fail(sqlite3_sql(statement_));
  }
}

void Query::bind(int parameter, std::int64_t number) {
  if (sqlite3_bind_int64(statement_, parameter, number) != SQLITE_OK) database_->fail(sqlite3_sql(statement_));
}

void Query::bind(int parameter, double number) {
  if (sqlite3_bind_double(statement_, parameter, number) != SQLITE_OK) database_->fail(sqlite3_sql(statement_));
}

void Query::bind(int parameter, std::nullopt_t) {
  if (sqlite3_bind_null(statement_, parameter) != SQLITE_OK) database_->fail(sqlite3_sql(statement_));
}

bool Query::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      database_->fail(sqlite3_sql(statement_));
  }
}

std::string Query::text(int column) const {
  return maybe_text(column).value_or("");
}

std::optional<std::string> Query::maybe_text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return std::nullopt;
  return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<double> Query::maybe_real(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_double(statement_, column);
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const DatabaseError&) {
    // SQLite rolled back by itself, as it does when the disk is full: nothing is left to undo.
    open_ = false;
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace pgw::sandbox
