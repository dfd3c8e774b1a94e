#include "gateway/pipeline/access_log.h"

#include <algorithm>

#include "gateway/log/json_text.h"
#include "gateway/log/log.h"

namespace pgw::pipeline {
namespace {

class Line {
 public:
  explicit Line(std::string& out) : out_(out) {
    out_ += R"({"time":")";
    log::append_timestamp(out_);
    out_ += '"';
  }

  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    name(key);
    log::append_json_string(out_, value);
  }

  void number(std::string_view key, std::uint64_t value) {
    name(key);
    out_ += std::to_string(value);
  }

  /// Milliseconds with three decimals.
  void milliseconds(std::string_view key, std::chrono::microseconds value) {
    const auto micros = static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(value.count(), 0));
    const std::string fraction = std::to_string(1000 + micros % 1000);
    name(key);
    out_ += std::to_string(micros / 1000);
    out_ += '.';
    out_.append(fraction, 1, 3);
  }

  void flag(std::string_view key) {
    name(key);
    out_ += "true";
  }

  void end() { out_ += "}\n"; }

 private:
  void name(std::string_view key) {
    out_ += ",\"";
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
};

}  // namespace

void AccessLog::write(const AccessRecord& record) {
  const Outcome& outcome = *record.outcome;
  Line line(batch_);
  line.text("request_id", record.request_id);
  line.text("trace_id", record.trace_id);
  line.text("peer", record.peer);
  line.text("team", record.team);
  line.text("key_id", record.key_id);
  line.text("method", record.method);
  line.text("path", record.path);
  line.text("operation", record.operation);
  line.number("status", static_cast<std::uint64_t>(outcome.status));
  line.text("cache", to_string(outcome.cache));
  line.text("rejection", to_string(outcome.rejection));
  line.text("fwd", to_string(outcome.forwarded));
  if (outcome.upstream_status) line.number("upstream_status", static_cast<std::uint64_t>(*outcome.upstream_status));
  if (outcome.failure) line.text("upstream_error", upstream::proxy_error_type(*outcome.failure));
  if (outcome.upstream_time) line.milliseconds("upstream_ms", *outcome.upstream_time);
  line.milliseconds("duration_ms", record.duration);
  line.number("bytes", record.bytes_sent);
  if (record.client_gone) line.flag("client_gone");
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
  if (batch_.empty()) return;
  log::write_access(std::move(batch_));
  batch_.clear();
  batch_.reserve(batch_bytes + 1024);
}

}  // namespace pgw::pipeline
