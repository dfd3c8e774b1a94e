#include "gateway/log/log.h"

#include <array>
#include <atomic>
#include <ctime>
#include <memory>
#include <unistd.h>

#include "gateway/log/json_text.h"
#include "gateway/log/log_file.h"
#include "gateway/log/writer.h"

namespace pgw::log {
namespace {

/// What waits for a reader that is slow: at 100,000 requests a second, the accesses of one second.
constexpr std::size_t most_access_bytes = std::size_t{32} * 1024 * 1024;
constexpr std::size_t most_event_bytes = std::size_t{1024} * 1024;

/// How long the end of the process waits for each log's reader.
constexpr auto patience = std::chrono::seconds(1);

struct State {
  const LogFile event_file{STDERR_FILENO};
  const LogFile access_file{STDOUT_FILENO};
  std::unique_ptr<Writer> events;
  std::unique_ptr<Writer> accesses;
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
  s.events = std::make_unique<Writer>(STDERR_FILENO, most_event_bytes);
  s.accesses = std::make_unique<Writer>(STDOUT_FILENO, most_access_bytes);
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
  if (s.accesses && !s.accesses->stop(patience)) {
    event(Level::warning, "standard output did not take the last lines of the access log");
  }
  s.accesses.reset();
  if (s.events) s.events->stop(patience);
  s.events.reset();
}

void reopen() {
  const auto& s = state();
  for (const LogFile* file : {&s.event_file, &s.access_file}) {
    const std::string failure = file->reopen();
    if (failure.empty()) continue;
    event(Level::error, "a log file can't be opened again; the old one stays in use",
          {{"file", file->path().string()}, {"reason", failure}});
  }
  event(Level::info, "log files opened again");
}

Options options() {
  return {state().level, state().format, state().access};
}

void event(Level level, std::string_view message, std::initializer_list<Detail> details) {
  auto& s = state();
  if (level < s.level.load(std::memory_order_relaxed) || !s.events) return;
  std::string line = s.format == Format::json ? json_line(level, message, details) : text_line(level, message, details);
  line += '\n';
  s.events->write(std::move(line));
}

void write_access(std::string_view lines) {
  auto& s = state();
  if (!s.accesses || lines.empty()) return;
  s.accesses->write(std::string(lines));
}

DroppedLines dropped_lines() {
  const auto& s = state();
  return {.events = s.events ? s.events->dropped_lines() : 0, .accesses = s.accesses ? s.accesses->dropped_lines() : 0};
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
