// Lines to a file descriptor, written by a thread of their own: nobody else waits for a terminal, a pipe or a disk.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace pgw::log {

/// Thread-safe but for `stop`. What the descriptor doesn't take at once waits, `most_bytes` of it at most; beyond that
/// the oldest is dropped rather than a caller held up.
class Writer {
 public:
  Writer(int descriptor, std::size_t most_bytes);
  /// As `stop` without patience.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// One or more whole lines, each with its line feed. One call of the system writes them, if it can.
  void write(std::string lines);

  /// Writes what waits, then ends. False: after `patience` the descriptor had not taken all of it, and the rest is left
  /// to a thread that nobody waits for. Nothing may be written afterwards.
  bool stop(std::chrono::milliseconds patience);

  /// Lines that did not fit, or that the descriptor refused (its reader is gone, the disk is full).
  std::uint64_t dropped_lines() const;

 private:
  struct Queue;

  std::shared_ptr<Queue> queue_;  // the thread's as well, which may outlive this object
  std::thread thread_;
};

}  // namespace pgw::log
