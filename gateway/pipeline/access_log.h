// The access log of one worker: a JSON line per request, handed to the writer in batches.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gateway/log/line_buffer.h"
#include "gateway/loop/event_loop.h"
#include "gateway/pipeline/outcome.h"

namespace pgw::pipeline {

/// What a line tells. Views need to hold during `write` only. The query is left out on purpose: it may carry what
/// callers search for.
struct AccessRecord {
  std::chrono::sys_time<std::chrono::milliseconds> time;  ///< of the response's end
  std::string_view request_id;  ///< as `identify` makes and accepts them: nothing that JSON would escape
  std::string_view trace_id;    ///< hexadecimal
  std::string_view peer;        ///< an address
  std::string_view team;
  std::string_view key_id;
  std::string_view method;  ///< a token (RFC 9110 section 5.6.2)
  std::string_view path;
  std::string_view operation;
  std::uint64_t bytes_sent = 0;
  std::chrono::microseconds duration{0};  ///< from when the request was read to the response's end
  bool client_gone = false;
  const Outcome* outcome = nullptr;
};

/// Lines of refusals: as many as tell an operator what is going on, and the number of the others. Time comes with the
/// records, in order.
class RefusalSampler {
 public:
  static constexpr std::uint64_t lines_per_second = 100;

  /// Whether a refusal of this moment gets a line.
  bool takes(std::chrono::sys_time<std::chrono::milliseconds> time) {
    begin_second(time);
    if (++in_this_second_ <= lines_per_second) return true;
    ++left_out_;
    return false;
  }

  /// How many were left out since the last time that this was asked, once their second is over; else 0.
  std::uint64_t take_left_out(std::chrono::sys_time<std::chrono::milliseconds> time) {
    if (left_out_ == 0 || std::chrono::floor<std::chrono::seconds>(time) == second_) return 0;
    return std::exchange(left_out_, 0);
  }

  std::uint64_t left_out() const { return left_out_; }

 private:
  void begin_second(std::chrono::sys_time<std::chrono::milliseconds> time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    if (second != std::exchange(second_, second)) in_this_second_ = 0;
  }

  std::chrono::sys_seconds second_{};
  std::uint64_t in_this_second_ = 0;
  std::uint64_t left_out_ = 0;
};

/// Belongs to its loop's thread. A line waits for at most `flush_after` or until `batch_bytes` are together.
///
/// What the gateway refuses by itself costs the client nothing to repeat: beyond `RefusalSampler::lines_per_second`
/// such requests are counted, and a line `{"time":...,"left_out":N}` tells how many. The metrics count all of them.
class AccessLog {
 public:
  /// A path is told up to here; `path_bytes` then says how long it was.
  static constexpr std::size_t longest_path = 1024;
  static constexpr std::size_t longest_method = 32;
  static constexpr std::size_t batch_bytes = std::size_t{32} * 1024;
  static constexpr std::chrono::milliseconds flush_after{200};

  explicit AccessLog(loop::EventLoop& loop) : loop_(loop) {}
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const AccessRecord& record);
  void flush();

 private:
  void append(const AccessRecord& record);
  void tell_left_out(std::chrono::sys_time<std::chrono::milliseconds> time);
  void tell_left_out_later();

  RefusalSampler refusals_;
  loop::EventLoop::TimerId left_out_timer_ = 0;
  loop::EventLoop& loop_;
  log::LineBuffer batch_{batch_bytes + 4096};
  loop::EventLoop::TimerId timer_ = 0;
};

}  // namespace pgw::pipeline
