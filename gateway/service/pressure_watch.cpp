#include "gateway/service/pressure_watch.h"

namespace pgw::service {
namespace {

using Figures = http::Pressure::Figures;

constexpr std::chrono::minutes between_reports{1};

std::uint64_t total(const Figures& figures) {
  return figures.closed_for_address + figures.closed_for_room + figures.refused;
}

Figures difference(const Figures& now, const Figures& then) {
  return {now.closed_for_address - then.closed_for_address, now.closed_for_room - then.closed_for_room,
          now.refused - then.refused, now.last_address};
}

}  // namespace

std::optional<PressureReport> PressureWatch::look(const Figures& figures, Clock::time_point now) {
  using Kind = PressureReport::Kind;
  const bool grew = total(figures) > total(seen_);
  seen_ = figures;
  if (grew) last_grew_ = now;
  if (!grew && !reported_at_) return std::nullopt;

  std::optional<Kind> kind;
  if (!reported_at_) {
    kind = Kind::began;
  } else if (now - last_grew_ >= between_reports) {
    kind = Kind::ended;
  } else if (now - *reported_at_ >= between_reports && total(figures) > total(reported_)) {
    kind = Kind::goes_on;
  }
  if (!kind) return std::nullopt;
  PressureReport report{*kind, difference(figures, reported_)};
  reported_ = figures;
  reported_at_ = *kind == Kind::ended ? std::nullopt : std::optional(now);
  return report;
}

}  // namespace pgw::service
