#include "gateway/pipeline/access_log.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "gateway/log/log.h"

namespace pgw::pipeline {
namespace {

/// The members of a line. Keys come with what stands around them, `,"team":`, so that each is one piece; inlined, a
/// piece of known length takes a store or two.
class Line {
 public:
  Line(log::LineBuffer& out, std::chrono::sys_time<std::chrono::milliseconds> time) : out_(out) {
    out_.append(R"({"time":")");
    out_.append(log::timestamp(time));
    out_.append("\"");
  }

  [[gnu::always_inline]] void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    out_.append(key);
    out_.append_json(value);
  }

  /// A value that can't hold what JSON escapes: one of our own words, or checked for its form before.
  [[gnu::always_inline]] void word(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    out_.append(key);
    out_.append("\"");
    out_.append(value);
    out_.append("\"");
  }

  [[gnu::always_inline]] void number(std::string_view key, std::uint64_t value) {
    out_.append(key);
    out_.append_number(value);
  }

  /// Milliseconds with three decimals.
  void milliseconds(std::string_view key, std::chrono::microseconds value) {
    const auto micros = static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(value.count(), 0));
    number(key, micros / 1000);
    const std::array<char, 4> fraction{'.', static_cast<char>('0' + micros / 100 % 10),
                                       static_cast<char>('0' + micros / 10 % 10), static_cast<char>('0' + micros % 10)};
    out_.append({fraction.data(), fraction.size()});
  }

  void end() { out_.append("}\n"); }

 private:
  log::LineBuffer& out_;
};

/// Answered by the gateway alone, before anything was asked of the upstream.
bool is_refusal(const Outcome& outcome) {
  if (outcome.upstream_status || outcome.upstream_time) return false;
  return outcome.rejection != Rejection::none || outcome.failure == upstream::Failure::connection_limit_reached ||
         outcome.failure == upstream::Failure::destination_unavailable;
}

}  // namespace

AccessLog::~AccessLog() {
  if (left_out_timer_ != 0) loop_.cancel(left_out_timer_);
  if (refusals_.left_out() > 0) tell_left_out(std::chrono::sys_time<std::chrono::milliseconds>::max());
  flush();
}

void AccessLog::write(const AccessRecord& record) {
  if (refusals_.left_out() > 0) tell_left_out(record.time);
  if (is_refusal(*record.outcome) && !refusals_.takes(record.time)) {
    tell_left_out_later();
    return;
  }
  append(record);
}

void AccessLog::tell_left_out(std::chrono::sys_time<std::chrono::milliseconds> time) {
  const std::uint64_t left_out = refusals_.take_left_out(time);
  if (left_out == 0) return;
  Line line(batch_, std::chrono::floor<std::chrono::milliseconds>(loop_.turn_began_at()));
  line.number(R"(,"left_out":)", left_out);
  line.end();
}

/// Where no other request comes to tell it.
void AccessLog::tell_left_out_later() {
  if (left_out_timer_ != 0) return;
  left_out_timer_ = loop_.call_after(std::chrono::seconds{1}, [this] {
    left_out_timer_ = 0;
    tell_left_out(std::chrono::sys_time<std::chrono::milliseconds>::max());
    flush();
  });
}

void AccessLog::append(const AccessRecord& record) {
  const Outcome& outcome = *record.outcome;
  Line line(batch_, record.time);
  line.word(R"(,"request_id":)", record.request_id);
  line.word(R"(,"trace_id":)", record.trace_id);
  line.word(R"(,"peer":)", record.peer);
  line.text(R"(,"team":)", record.team);
  line.text(R"(,"key_id":)", record.key_id);
  line.word(R"(,"method":)", record.method.substr(0, longest_method));
  line.text(R"(,"path":)", record.path.substr(0, longest_path));
  if (record.path.size() > longest_path) line.number(R"(,"path_bytes":)", record.path.size());
  line.text(R"(,"operation":)", record.operation);
  line.number(R"(,"status":)", static_cast<std::uint64_t>(outcome.status));
  line.word(R"(,"cache":)", to_string(outcome.cache));
  line.word(R"(,"rejection":)", to_string(outcome.rejection));
  line.word(R"(,"reason":)", outcome.malformation);
  line.word(R"(,"fwd":)", to_string(outcome.forwarded));
  if (outcome.upstream_status) {
    line.number(R"(,"upstream_status":)", static_cast<std::uint64_t>(*outcome.upstream_status));
  }
  if (outcome.failure) line.word(R"(,"upstream_error":)", upstream::proxy_error_type(*outcome.failure));
  if (outcome.upstream_time) line.milliseconds(R"(,"upstream_ms":)", *outcome.upstream_time);
  line.milliseconds(R"(,"duration_ms":)", record.duration);
  line.number(R"(,"bytes":)", record.bytes_sent);
  if (record.client_gone) batch_.append(R"(,"client_gone":true)");
  line.end();

  if (batch_.size() >= batch_bytes) {
    flush();
  } else if (timer_ == 0) {
    timer_ = loop_.call_after(flush_after, [this] {
      timer_ = 0;
      flush();
    });
  }
}

void AccessLog::flush() {
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  log::write_access(batch_.view());
  batch_.clear();
}

}  // namespace pgw::pipeline
