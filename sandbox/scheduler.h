// Threads that carry out tasks, now or after a delay.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace pgw::sandbox {

/// A delayed task waits in a queue and occupies no thread. Thread-safe. Tasks must not throw.
class Scheduler {
 public:
  using Task = std::function<void()>;

  explicit Scheduler(int threads);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Tasks that are due run in the order in which they became due.
  void post(Task task) { post_after(std::chrono::milliseconds(0), std::move(task)); }

  /// After stop() the task is dropped.
  void post_after(std::chrono::milliseconds delay, Task task);

  /// Drops what has not begun and waits for what has. Idempotent; not from within a task.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    Clock::time_point due;
    std::uint64_t number;  ///< of equals the first posted comes first
    Task task;
    bool operator>(const Entry& other) const { return due != other.due ? due > other.due : number > other.number; }
  };

  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  std::uint64_t posted_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pgw::sandbox
