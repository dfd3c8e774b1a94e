#include "gateway/pipeline/outage_log.h"

#include <utility>

namespace pgw::pipeline {
namespace {

constexpr std::chrono::minutes between_outage_lines{1};
constexpr std::chrono::seconds after_an_outage{10};

/// Single answers between failures don't end an outage.
constexpr std::chrono::seconds without_failure{1};

}  // namespace

std::optional<OutageLog::Line> OutageLog::failed(TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (!is_failing_.exchange(true)) began_ = now;
  last_failure_ = now;
  ++failures_;
  if (now < next_line_) return std::nullopt;
  is_told_ = true;
  next_line_ = now + between_outage_lines;
  return Line{std::exchange(failures_, 0), std::chrono::floor<std::chrono::seconds>(now - began_)};
}

std::optional<OutageLog::Line> OutageLog::answered(TimePoint now) {
  if (!is_failing_.load(std::memory_order_relaxed)) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  if (!is_failing_ || now - last_failure_ < without_failure) return std::nullopt;
  is_failing_ = false;
  const Line line{std::exchange(failures_, 0), std::chrono::floor<std::chrono::seconds>(now - began_)};
  if (!std::exchange(is_told_, false)) return std::nullopt;
  next_line_ = now + after_an_outage;
  return line;
}

}  // namespace pgw::pipeline
