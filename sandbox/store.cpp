#include "sandbox/store.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "sandbox/schema.h"
#include "sandbox/seed.h"

namespace pgw::sandbox {

namespace {

constexpr std::int64_t second = 1'000'000;

std::string format_time(std::int64_t microseconds) {
  const auto seconds = static_cast<std::time_t>(microseconds / second);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[24] = {};
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  char fraction[12] = {};
  std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(microseconds % second));
  return std::string(date) + fraction;
}

std::int64_t parse_time(const std::string& text) {
  std::tm utc{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S.", &utc);
  if (rest == nullptr) return 0;
  return static_cast<std::int64_t>(timegm(&utc)) * second + std::strtoll(rest, nullptr, 10);
}

std::string latest_time(Database& db) {
  Query query = db.query(
      "SELECT max(t) FROM (SELECT max(updated_at) t FROM projects UNION ALL SELECT max(updated_at) FROM configs "
      "UNION ALL SELECT max(updated_at) FROM logs UNION ALL SELECT max(updated_at) FROM datasets "
      "UNION ALL SELECT max(updated_at) FROM evaluations)");
  query.step();
  return query.text(0);
}

}  // namespace

void refuse_missing(std::string_view what, std::string_view id) {
  throw Refusal(404, std::string(what) + " with id '" + std::string(id) + "' not found.");
}

std::string Session::now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t clock = std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  last_time_ = std::max(clock, last_time_ + 1);
  return format_time(last_time_);
}

std::string Session::new_id(std::string_view prefix) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr int length = 21;
  std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
  std::string id = std::string(prefix) + "_";
  for (int i = 0; i < length; ++i) id.push_back(alphabet[pick(random_)]);
  return id;
}

Store::Store(const std::string& path, bool seed) : session_(path) {
  std::random_device entropy;
  std::seed_seq seeds{entropy(), entropy(), entropy(), entropy()};
  session_.random_.seed(seeds);
  create_schema(session_.db());
  session_.last_time_ = parse_time(latest_time(session_.db()));
  Transaction transaction(session_.db());
  seed_organization(session_);
  if (seed) seed_examples(session_);
  transaction.commit();
}

}  // namespace pgw::sandbox
