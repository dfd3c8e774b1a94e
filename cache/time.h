// Points in time. Nothing in this folder reads a clock to decide: `now` comes from the caller.
#pragma once

#include <chrono>

namespace pgw::cache {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

}  // namespace pgw::cache
