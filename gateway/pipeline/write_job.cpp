#include <utility>

#include "gateway/pipeline/outgoing.h"
#include "gateway/pipeline/prime.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/upstream_job.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {

WriteJob::WriteJob(Worker& worker, Errand errand, cache::Tags changed)
    : UpstreamJob(worker, std::move(errand)), changed_(std::move(changed)) {}

// Not before it is certain that the write is sent: one that is refused here has changed nothing.
void WriteJob::begin() {
  promise_.begin(worker().process().cache, std::move(changed_), context()->request_id);
  sent_at_ = wall_clock_now();
}

void WriteJob::on_repetition() {
  promise_.note_repetition(latest_effect());
}

/// A write must be heard to its end, whether or not its client is still there.
bool WriteJob::is_wanted() const {
  return promise_ || UpstreamJob::is_wanted();
}

Progress WriteJob::learn() {
  if (status() < 200 || status() >= 400) return Progress::next;
  for (const char* name : {"location", "content-location"}) {
    if (const std::string* reference = fields().find(name)) {
      promise_.add(tags_of_reference(runtime(), context()->route, *reference));
    }
  }
  return Progress::next;
}

std::size_t WriteJob::keeps_at_most() const {
  return promise_ && may_prime(*context(), status(), field_views()) ? checked_at_most : 0;
}

bool WriteJob::may_stream() {
  if (promise_ && cache::refuses_write(status())) {
    promise_.refuse();
  } else if (promise_) {
    promise_.keep_and_go_on(worker().process().cache);
  }
  return true;
}

Progress WriteJob::keep_promise() {
  if (!promise_) return Progress::next;
  const auto headers = field_views();
  if (!is_streaming() && !promise_.was_repeated() && may_prime(*context(), status(), headers)) {
    finish_and_prime(*context(), promise_.guard(), {status(), headers, body(), origin_tags()}, sent_at_);
  } else if (cache::refuses_write(status())) {
    promise_.refuse();
  } else {
    promise_.keep();
  }
  return Progress::next;
}

cache::EntryPtr WriteJob::settle_failure(upstream::Failure failure) {
  if (!promise_) return nullptr;
  if ((!is_streaming() || is_uploading()) && upstream::may_have_taken_effect(failure)) {
    promise_.lose(latest_effect());
  } else {
    promise_.keep();
  }
  return nullptr;
}

cache::TimePoint WriteJob::latest_effect() const {
  return wall_clock_now() + upstream_timeout(runtime(), operation());
}

}  // namespace pgw::pipeline
