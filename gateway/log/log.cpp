#include "gateway/log/log.h"

#include <array>
#include <atomic>
#include <ctime>
#include <memory>
#include <sys/time.h>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "gateway/log/json_text.h"

namespace pgw::log {
namespace {

constexpr std::size_t queue_length = 8'192;

struct State {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> events;
  std::shared_ptr<spdlog::logger> accesses;
  std::atomic<Level> level{Level::info};
  std::atomic<Format> format{Format::json};
  std::atomic<bool> access{true};
};

State& state() {
  static State instance;
  return instance;
}

std::string_view name_of(Level level) {
  static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

std::shared_ptr<spdlog::logger> make_logger(const char* name, spdlog::sink_ptr sink,
                                            const std::shared_ptr<spdlog::details::thread_pool>& pool) {
  sink->set_pattern("%v");
  auto logger = std::make_shared<spdlog::async_logger>(name, std::move(sink), pool,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Detail> details) {
  std::string line = R"({"time":")";
  append_timestamp(line);
  line += R"(","level":")";
  line += name_of(level);
  line += R"(","message":)";
  append_json_string(line, message);
  for (const auto& [key, value] : details) {
    line += ',';
    append_json_string(line, key);
    line += ':';
    append_json_string(line, value);
  }
  line += '}';
  return line;
}

std::string text_line(Level level, std::string_view message, std::initializer_list<Detail> details) {
  std::string line;
  append_timestamp(line);
  line += ' ';
  line += name_of(level);
  line += ": ";
  line += message;
  for (const auto& [key, value] : details) {
    line += ' ';
    line += key;
    line += '=';
    append_json_string(line, value);
  }
  return line;
}

}  // namespace

void start(const Options& options) {
  auto& s = state();
  s.pool = std::make_shared<spdlog::details::thread_pool>(queue_length, 1);
  s.events = make_logger("events", std::make_shared<spdlog::sinks::stderr_sink_mt>(), s.pool);
  s.accesses = make_logger("accesses", std::make_shared<spdlog::sinks::stdout_sink_mt>(), s.pool);
  configure(options);
}

void configure(const Options& options) {
  auto& s = state();
  s.level = options.level;
  s.format = options.format;
  s.access = options.access;
}

void stop() {
  auto& s = state();
  s.events.reset();
  s.accesses.reset();
  s.pool.reset();
}

Options options() {
  return {state().level, state().format, state().access};
}

void event(Level level, std::string_view message, std::initializer_list<Detail> details) {
  auto& s = state();
  if (level < s.level.load(std::memory_order_relaxed) || !s.events) return;
  s.events->info("{}",
                 s.format == Format::json ? json_line(level, message, details) : text_line(level, message, details));
}

void write_access(std::string lines) {
  auto& s = state();
  if (!s.accesses || lines.empty()) return;
  if (lines.back() == '\n') lines.pop_back();
  s.accesses->info("{}", lines);
}

std::size_t dropped_batches() {
  return state().pool ? state().pool->overrun_counter() : 0;
}

void append_timestamp(std::string& out) {
  timeval now{};
  gettimeofday(&now, nullptr);
  thread_local std::time_t cached_second = -1;
  thread_local std::array<char, 24> cached{};
  if (now.tv_sec != cached_second) {
    cached_second = now.tv_sec;
    std::tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    std::strftime(cached.data(), cached.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  }
  out += cached.data();
  const auto milliseconds = static_cast<unsigned>(now.tv_usec / 1000);
  out += '.';
  out += static_cast<char>('0' + milliseconds / 100);
  out += static_cast<char>('0' + milliseconds / 10 % 10);
  out += static_cast<char>('0' + milliseconds % 10);
  out += 'Z';
}

}  // namespace pgw::log
