// When there is something to say about connections that were turned away.
#pragma once

#include <chrono>
#include <optional>

#include "gateway/http/pressure.h"

namespace pgw::service {

struct PressureReport {
  enum class Kind {
    began,    ///< the first since a minute without
    goes_on,  ///< a minute later, and more since
    ended     ///< a minute without
  };
  Kind kind;
  http::Pressure::Figures since;  ///< what came since the last report; `last_address` as the figures have it
};

/// Looked at about once a second, so that a flood of connections makes a line a minute. Not thread-safe.
class PressureWatch {
 public:
  using Clock = std::chrono::steady_clock;

  std::optional<PressureReport> look(const http::Pressure::Figures& figures, Clock::time_point now);

 private:
  http::Pressure::Figures seen_;
  http::Pressure::Figures reported_;
  std::optional<Clock::time_point> reported_at_;  // none while nothing is turned away
  Clock::time_point last_grew_;
};

}  // namespace pgw::service
