#include "sandbox/scheduler.h"

#include <algorithm>
#include <utility>

namespace pgw::sandbox {

Scheduler::Scheduler(int threads) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

Scheduler::~Scheduler() {
  stop();
}

void Scheduler::post_after(std::chrono::milliseconds delay, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push({Clock::now() + delay, posted_++, std::move(task)});
  }
  changed_.notify_one();
}

void Scheduler::stop() {
  decltype(queue_) dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      changed_.wait(lock);
    } else if (const auto due = queue_.top().due; due > Clock::now()) {
      changed_.wait_until(lock, due);
    } else {
      // top() is const as an element's order must not change; this one leaves the queue right away.
      Task task = std::move(const_cast<Entry&>(queue_.top()).task);
      queue_.pop();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }
}

}  // namespace pgw::sandbox
