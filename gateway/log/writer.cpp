#include "gateway/log/writer.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace pgw::log {
namespace {

std::uint64_t lines_of(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// What the descriptor would not take: nothing if all went well. Waits as long as it takes.
std::string_view write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t taken = ::write(descriptor, text.data(), text.size());
    if (taken >= 0) {
      text.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Whoever shares the descriptor made it non-blocking.
      pollfd waited{descriptor, POLLOUT, 0};
      ::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return text;
}

}  // namespace

struct Writer::Queue {
  explicit Queue(std::size_t bytes_at_most) : most_bytes(bytes_at_most) {}

  void run(int descriptor) {
    std::unique_lock lock(mutex);
    for (;;) {
      arrived.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (waiting.empty()) break;
      const std::string lines = take_oldest();
      lock.unlock();
      const auto refused = write_all(descriptor, lines);
      lock.lock();
      dropped += lines_of(refused);
    }
    ended = true;
    end.notify_all();
  }

  std::string take_oldest() {
    std::string oldest = std::move(waiting.front());
    waiting.pop_front();
    bytes -= oldest.size();
    return oldest;
  }

  const std::size_t most_bytes;
  std::mutex mutex;  // guards all below
  std::condition_variable arrived;
  std::condition_variable end;
  std::deque<std::string> waiting;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  bool stopping = false;
  bool ended = false;
};

Writer::Writer(int descriptor, std::size_t most_bytes)
    : queue_(std::make_shared<Queue>(most_bytes)), thread_([queue = queue_, descriptor] { queue->run(descriptor); }) {}

Writer::~Writer() {
  stop(std::chrono::milliseconds(0));
}

void Writer::write(std::string lines) {
  {
    const std::scoped_lock lock(queue_->mutex);
    queue_->bytes += lines.size();
    queue_->waiting.push_back(std::move(lines));
    while (queue_->bytes > queue_->most_bytes) queue_->dropped += lines_of(queue_->take_oldest());
  }
  queue_->arrived.notify_one();
}

bool Writer::stop(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return true;
  std::unique_lock lock(queue_->mutex);
  queue_->stopping = true;
  queue_->arrived.notify_one();
  const bool ended = queue_->end.wait_for(lock, patience, [this] { return queue_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
  return ended;
}

std::uint64_t Writer::dropped_lines() const {
  const std::scoped_lock lock(queue_->mutex);
  return queue_->dropped;
}

}  // namespace pgw::log
