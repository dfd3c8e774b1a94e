// The gateway's two logs: events on standard error, accesses on standard output. Each is written by a thread of its
// own, so that no worker waits for a terminal or a pipe, and no event for an access log that nobody reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pgw::log {

enum class Level { debug, info, warning, error };
enum class Format { json, text };

struct Options {
  Level level = Level::info;
  Format format = Format::json;
  bool access = true;  ///< whether there is an access log at all
};

/// Starts the writers. Call once, before the workers start; `configure` changes level and format later.
void start(const Options& options);
void configure(const Options& options);

/// Opens the files again that standard output and standard error are, after a rotation renamed them. An event says what
/// can't be opened.
void reopen();

/// Writes what is queued and ends the writers. What a log's reader doesn't take within a second is lost.
void stop();

Options options();

using Detail = std::pair<std::string_view, std::string>;

/// One event: a constant message and its details, one line. Thread-safe. Never give it a secret: nothing is filtered
/// here.
void event(Level level, std::string_view message, std::initializer_list<Detail> details = {});

/// Ready lines of the access log, each with its line feed. Thread-safe.
void write_access(std::string_view lines);

/// Lines that were dropped rather than a thread held up, as nobody read them: the oldest, when 32 MiB of accesses or 1
/// MiB of events wait.
struct DroppedLines {
  std::uint64_t events = 0;
  std::uint64_t accesses = 0;
};
DroppedLines dropped_lines();

/// "2026-01-31T23:59:59.123Z", UTC; valid until the thread's next call. Formats the date once per second and thread.
std::string_view timestamp(std::chrono::sys_time<std::chrono::milliseconds> time);

}  // namespace pgw::log
