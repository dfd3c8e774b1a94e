// The access log of one worker: a JSON line per request, handed to the writer in batches.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

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

/// Belongs to its loop's thread. A line waits for at most `flush_after` or until `batch_bytes` are together.
class AccessLog {
 public:
  static constexpr std::size_t batch_bytes = std::size_t{32} * 1024;
  static constexpr std::chrono::milliseconds flush_after{200};

  explicit AccessLog(loop::EventLoop& loop) : loop_(loop) {}
  ~AccessLog() { flush(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const AccessRecord& record);
  void flush();

 private:
  loop::EventLoop& loop_;
  log::LineBuffer batch_{batch_bytes + 4096};
  loop::EventLoop::TimerId timer_ = 0;
};

}  // namespace pgw::pipeline
