#include "gateway/pipeline/cache_clock.h"

namespace pgw::pipeline {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

struct Beginning {
  steady_clock::time_point moment = steady_clock::now();
  system_clock::time_point wall_time = system_clock::now();
};

const Beginning& beginning() {
  static const Beginning of_process;
  return of_process;
}

}  // namespace

cache::TimePoint cache_time(steady_clock::time_point moment) {
  const Beginning& began = beginning();
  return std::chrono::floor<cache::Duration>(began.wall_time + (moment - began.moment));
}

cache::Duration wall_ahead() {
  return std::chrono::floor<cache::Duration>(system_clock::now()) - cache_now();
}

}  // namespace pgw::pipeline
