#include "gateway/loop/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>

#include <pistache/os.h>

namespace pgw::loop {
namespace {

using Pistache::Flags;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

Flags<NotifyOn> to_flags(int interest) {
  Flags<NotifyOn> flags;
  if ((interest & EventLoop::read) != 0) flags.setFlag(NotifyOn::Read);
  if ((interest & EventLoop::write) != 0) flags.setFlag(NotifyOn::Write);
  return flags;
}

constexpr unsigned generation_shift = 32;

Tag tag_of(int fd, std::uint32_t generation = 0) {
  return Tag((std::uint64_t{generation} << generation_shift) | static_cast<std::uint32_t>(fd));
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

/// A function in a Watcher's place.
class EventLoop::FunctionWatcher final : public Watcher {
 public:
  explicit FunctionWatcher(std::function<void(int)> on_ready) : on_ready_(std::move(on_ready)) {}

  void on_ready(int ready) override {
    on_ready_(ready == 0 || (ready & hung_up) != 0 ? EventLoop::read | EventLoop::write : ready);
  }

 private:
  std::function<void(int)> on_ready_;
};

EventLoop::EventLoop(std::size_t worker)
    : worker_(worker),
      timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      mailbox_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (timer_fd_ < 0 || mailbox_fd_ < 0) fail("event loop descriptors");
}

EventLoop::~EventLoop() {
  ::close(timer_fd_);
  ::close(mailbox_fd_);
}

void EventLoop::attach(Pistache::Polling::Epoll& epoll) {
  epoll_ = &epoll;
  // Edge-triggered: every expiry and every write makes a new edge, so that neither descriptor is ever read.
  epoll.addFd(timer_fd_, Flags<NotifyOn>(NotifyOn::Read), tag_of(timer_fd_), Mode::Edge);
  epoll.addFd(mailbox_fd_, Flags<NotifyOn>(NotifyOn::Read), tag_of(mailbox_fd_), Mode::Edge);
}

EventLoop::TimerId EventLoop::call_after(std::chrono::milliseconds delay, std::function<void()> callback) {
  return call_at(delay.count() > 0 ? Clock::now() + delay : turn_began_, std::move(callback));
}

EventLoop::TimerId EventLoop::call_at(Clock::time_point when, std::function<void()> callback) {
  return timers_.add(when, std::move(callback));
}

void EventLoop::cancel(TimerId id) {
  timers_.cancel(id);
}

EventLoop::Watch* EventLoop::find(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  return index < watches_.size() && watches_[index].watcher != nullptr ? &watches_[index] : nullptr;
}

EventLoop::Watch& EventLoop::begin_watch(int fd, Watcher& watcher) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watches_.size()) watches_.resize(std::max(index + 1, watches_.size() * 2));
  Watch& watch = watches_[index];
  watch.watcher = &watcher;
  if (++watch.generation == 0) watch.generation = 1;
  watch.armed = 0;
  watch.interest = none;
  return watch;
}

void EventLoop::watch(int fd, int interest, std::function<void(int ready)> on_ready) {
  auto function = std::make_shared<FunctionWatcher>(std::move(on_ready));
  Watch& watch = begin_watch(fd, *function);
  try {
    epoll_->addFd(fd, to_flags(interest), tag_of(fd, watch.generation), Mode::Level);
  } catch (const std::exception&) {
    watch.watcher = nullptr;
    fail("epoll_ctl");
  }
  watch.owned = std::move(function);
  watch.armed = watch.generation;
  watch.interest = interest;
}

void EventLoop::rewatch(int fd, int interest) {
  Watch* const watch = find(fd);
  if (watch == nullptr || (watch->armed != 0 && watch->interest == interest)) return;
  try {
    epoll_->rearmFd(fd, to_flags(interest), tag_of(fd, watch->generation), Mode::Level);
  } catch (const std::exception&) {
    fail("epoll_ctl");
  }
  watch->armed = watch->generation;
  watch->interest = interest;
}

void EventLoop::unwatch(int fd) {
  if (find(fd) == nullptr) return;
  forget(fd);
  try {
    epoll_->removeFd(fd);
  } catch (const std::exception&) {
    return;  // closed before it was unwatched: the kernel has forgotten it already
  }
}

void EventLoop::adopt(int fd, Watcher& watcher) {
  begin_watch(fd, watcher);
}

void EventLoop::forget(int fd) {
  Watch* const watch = find(fd);
  if (watch == nullptr) return;
  watch->watcher = nullptr;
  watch->owned.reset();
}

void EventLoop::post(std::function<void()> task) {
  bool wake = false;
  {
    const std::lock_guard lock(mailbox_mutex_);
    if (closed_) return;
    wake = mailbox_.empty();
    mailbox_.push_back(std::move(task));
  }
  // One wake-up until the mailbox is empty again: whoever leaves tasks in it wakes the loop anew. An eventfd refuses a
  // write only when its 64-bit counter is full.
  if (wake) eventfd_write(mailbox_fd_, 1);
}

void EventLoop::run_mailbox() {
  {
    const std::lock_guard lock(mailbox_mutex_);
    const auto end = mailbox_.begin() + static_cast<std::ptrdiff_t>(std::min(mailbox_.size(), tasks_per_turn));
    running_.assign(std::make_move_iterator(mailbox_.begin()), std::make_move_iterator(end));
    mailbox_.erase(mailbox_.begin(), end);
    if (!mailbox_.empty()) eventfd_write(mailbox_fd_, 1);
  }
  for (auto& task : running_) {
    if (closed_) break;  // by the task before; only this thread writes it
    task();
    task = nullptr;  // what it holds ends with it, not with the batch
  }
  running_.clear();
}

bool EventLoop::dispatch(std::uint64_t tag, int ready) {
  const int fd = static_cast<int>(static_cast<std::uint32_t>(tag));
  const auto generation = static_cast<std::uint32_t>(tag >> generation_shift);
  if (const Watch* const watch = find(fd)) {
    if (watch->armed != generation) return true;  // the event of a socket that had the descriptor before
    const auto kept = watch->owned;               // its callback may unwatch it
    watch->watcher->on_ready(ready);
    return true;
  }
  if (generation != 0) return true;  // of a socket that is watched no more
  if (fd == timer_fd_) {
    armed_ = Clock::time_point::max();
    return true;  // `end_turn` runs what is due
  }
  if (fd == mailbox_fd_) {
    run_mailbox();
    return true;
  }
  return false;
}

void EventLoop::run_timers() {
  if (timers_.next() != Clock::time_point::max()) timers_.run_due(Clock::now());
}

void EventLoop::end_turn() {
  for (std::size_t next = 0; next < at_turn_end_.size(); ++next) {  // grows while it runs
    const auto task = std::move(at_turn_end_[next]);
    task();
  }
  at_turn_end_.clear();
  if (timers_.next() < armed_) arm(timers_.next());
}

void EventLoop::arm(Clock::time_point when) {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const auto since_epoch = duration_cast<nanoseconds>(when.time_since_epoch()).count();
  itimerspec spec{};
  spec.it_value.tv_sec = since_epoch / 1'000'000'000;
  spec.it_value.tv_nsec = since_epoch % 1'000'000'000;
  // steady_clock is CLOCK_MONOTONIC; a time that has passed expires at once.
  if (timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr) == 0) armed_ = when;
}

void EventLoop::close() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mailbox_mutex_);
    closed_ = true;
    dropped.swap(mailbox_);
  }
  dropped.clear();
  timers_.clear();
  at_turn_end_.clear();
  for (std::size_t fd = 0; fd < watches_.size(); ++fd) {
    if (watches_[fd].owned != nullptr) unwatch(static_cast<int>(fd));
  }
}

}  // namespace pgw::loop
