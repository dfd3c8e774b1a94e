// The gateway's two logs: events on standard error, accesses on standard output. Both are written by a thread of their
// own, so that no worker waits for a terminal or a pipe.
#pragma once

#include <chrono>
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

/// Starts the writer. Call once, before the workers start; `configure` changes level and format later.
void start(const Options& options);
void configure(const Options& options);

/// Writes what is queued and ends the writer.
void stop();

Options options();

using Detail = std::pair<std::string_view, std::string>;

/// One event: a constant message and its details, one line. Thread-safe. Never give it a secret: nothing is filtered
/// here.
void event(Level level, std::string_view message, std::initializer_list<Detail> details = {});

/// Ready lines of the access log, each with its line feed. Thread-safe. When the writer can't keep up, the oldest
/// queued batches are dropped rather than a worker held up; `dropped_batches` counts them.
void write_access(std::string_view lines);
std::size_t dropped_batches();

/// "2026-01-31T23:59:59.123Z", UTC; valid until the thread's next call. Formats the date once per second and thread.
std::string_view timestamp(std::chrono::sys_time<std::chrono::milliseconds> time);

}  // namespace pgw::log
