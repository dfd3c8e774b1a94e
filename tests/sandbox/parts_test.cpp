// The parts under the API: text, database, scheduler.
#include <condition_variable>
#include <limits>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "sandbox/database.h"
#include "sandbox/scheduler.h"
#include "sandbox/text.h"
#include "support/catch.h"

using namespace pgw::sandbox;

TEST_CASE("case is folded by Unicode, and bytes that aren't UTF-8 stay") {
  const auto [text, folded] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"Straße ÄÖÜ", "straße äöü"},
      {"ΑΒΓ ЖЗИ 🎉", "αβγ жзи 🎉"},
      {"A\xFF\xC3", "a\xFF\xC3"},
      {"\xE2\x82"
       "AB",
       "\xE2\x82"
       "ab"},
  }));
  CHECK(fold_case(text) == folded);
}

TEST_CASE("the last value of a query parameter is found and decoded") {
  const auto [query, expected] = GENERATE(table<std::string, std::optional<std::string>>({
      {"", std::nullopt},
      {"b=1", std::nullopt},
      {"a=1", "1"},
      {"a", ""},
      {"a=", ""},
      {"a=1&b=2&a=3", "3"},
      {"&&a=x=y&", "x=y"},
      {"%61=b+c%20d%2Be", "b c d+e"},
      {"a=%zz%4", "%zz%4"},
      {"aa=1", std::nullopt},
  }));
  INFO(query);
  CHECK(query_value(query, "a") == expected);
}

TEST_CASE("integers are read as pydantic reads them") {
  using Limits = std::numeric_limits<std::int64_t>;
  const auto [text, expected] = GENERATE(table<std::string, std::optional<std::int64_t>>({
      {"0", 0},
      {"-12", -12},
      {"+7", 7},
      {" 7 ", 7},
      {"1_000", 1000},
      {"9223372036854775808", Limits::max()},
      {"-99999999999999999999", Limits::min()},
      {"", std::nullopt},
      {"-", std::nullopt},
      {"_1", std::nullopt},
      {"1__0", std::nullopt},
      {"1.0", std::nullopt},
      {"0x1", std::nullopt},
  }));
  INFO(text);
  CHECK(parse_integer(text) == expected);
}

TEST_CASE("booleans are read as pydantic reads them") {
  CHECK(parse_boolean(GENERATE("true", "T", "1", "on", "Yes", "y")) == true);
  CHECK(parse_boolean(GENERATE("false", "F", "0", "OFF", "no", "n")) == false);
  CHECK(parse_boolean(GENERATE("", "2", "truth")) == std::nullopt);
}

TEST_CASE("an embedded zero byte and an empty text survive the database, and null stays null") {
  Database db("");
  db.execute("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
  const std::string with_zero("a\0b", 3);
  CHECK(db.run("INSERT INTO t VALUES (?1, ?2, ?3)", with_zero, std::string_view{}, std::optional<std::string>{}) == 1);
  Query query = db.query("SELECT a, b, c FROM t");
  REQUIRE(query.step());
  CHECK(query.maybe_text(0) == with_zero);
  CHECK(query.maybe_text(1) == "");
  CHECK(query.maybe_text(2) == std::nullopt);
  CHECK_FALSE(query.step());
}

TEST_CASE("a statement can be in use twice at a time and begins anew each time") {
  Database db("");
  db.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)");
  int sum = 0;
  for (Query outer = db.query("SELECT a FROM t WHERE a > ?1", 1); outer.step();) {
    for (Query inner = db.query("SELECT a FROM t WHERE a > ?1", 2); inner.step();) {
      sum += static_cast<int>(outer.integer(0) * inner.integer(0));
    }
  }
  CHECK(sum == 2 * 3 + 3 * 3);
}

TEST_CASE("what isn't committed is taken back") {
  Database db("");
  db.execute("CREATE TABLE t (a INTEGER UNIQUE)");
  {
    Transaction transaction(db);
    db.run("INSERT INTO t VALUES (?1)", 1);
    CHECK_THROWS_AS(db.run("INSERT INTO t VALUES (?1)", 1), DatabaseError);
  }
  CHECK_FALSE(db.query("SELECT 1 FROM t").step());
  CHECK_THROWS_AS(db.query("SELECT nonsense FROM t"), DatabaseError);
}

TEST_CASE("foreign keys are enforced") {
  Database db("");
  db.execute("CREATE TABLE a (id TEXT PRIMARY KEY); CREATE TABLE b (a TEXT REFERENCES a)");
  CHECK_THROWS_AS(db.run("INSERT INTO b VALUES ('none')"), DatabaseError);
}

TEST_CASE("one thread runs tasks in the order of their time, and stop drops the rest") {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> ran;
  Scheduler scheduler(1);
  const auto task = [&](int number) {
    return [&, number] {
      const std::lock_guard lock(mutex);
      ran.push_back(number);
      changed.notify_all();
    };
  };
  {
    // The only thread is held up until all is posted, so that only the queue decides on the order.
    std::unique_lock lock(mutex);
    scheduler.post(task(0));
    scheduler.post_after(std::chrono::hours(1), task(4));
    scheduler.post_after(std::chrono::milliseconds(20), task(3));
    scheduler.post(task(1));
    scheduler.post(task(2));
    CHECK(changed.wait_for(lock, std::chrono::seconds(30), [&] { return ran.size() == 4; }));
  }
  scheduler.stop();
  scheduler.post(task(5));
  CHECK(ran == std::vector<int>{0, 1, 2, 3});
}
