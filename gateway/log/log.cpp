#include "gateway/log/log.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "gateway/log/json_text.h"

namespace pgw::log {
namespace {

constexpr std::size_t queue_length = 8'192;

/// Writes lines that bring their line feed, by one call. spdlog's own sinks copy a text into a formatter's first, twice
/// as it grows.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(std::FILE* file) : file_(file) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::fwrite(message.payload.data(), 1, message.payload.size(), file_);
  }
  void flush_() override { std::fflush(file_); }

  std::FILE* const file_;
};

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

std::shared_ptr<spdlog::logger> make_logger(const char* name, std::FILE* file,
                                            const std::shared_ptr<spdlog::details::thread_pool>& pool) {
  auto logger = std::make_shared<spdlog::async_logger>(name, std::make_shared<LineSink>(file), pool,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

std::chrono::sys_time<std::chrono::milliseconds> now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Detail> details) {
  std::string line = R"({"time":")";
  line += timestamp(now());
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
  line += timestamp(now());
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
  s.events = make_logger("events", stderr, s.pool);
  s.accesses = make_logger("accesses", stdout, s.pool);
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
  std::string line = s.format == Format::json ? json_line(level, message, details) : text_line(level, message, details);
  line += '\n';
  s.events->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void write_access(std::string_view lines) {
  auto& s = state();
  if (!s.accesses || lines.empty()) return;
  s.accesses->log(spdlog::level::info, spdlog::string_view_t(lines.data(), lines.size()));
}

std::size_t dropped_batches() {
  return state().pool ? state().pool->overrun_counter() : 0;
}

std::string_view timestamp(std::chrono::sys_time<std::chrono::milliseconds> time) {
  constexpr std::size_t date_length = 19;
  thread_local std::time_t cached_second = -1;
  thread_local std::array<char, date_length + sizeof ".000Z"> text{};
  const std::int64_t since_epoch = time.time_since_epoch().count();
  const std::time_t second = since_epoch / 1000;
  if (second != cached_second) {
    cached_second = second;
    std::tm utc{};
    gmtime_r(&second, &utc);
    std::strftime(text.data(), date_length + 1, "%Y-%m-%dT%H:%M:%S", &utc);
  }
  const auto milliseconds = static_cast<unsigned>(since_epoch % 1000);
  char* out = text.data() + date_length;
  *out++ = '.';
  *out++ = static_cast<char>('0' + milliseconds / 100);
  *out++ = static_cast<char>('0' + milliseconds / 10 % 10);
  *out++ = static_cast<char>('0' + milliseconds % 10);
  *out = 'Z';
  return {text.data(), date_length + 5};
}

}  // namespace pgw::log
