// What waits to be sent on one socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/edge/content.h"

namespace pgw::edge {

/// Sends at once what the kernel takes and keeps the rest in order: copied bytes, and behind them at most one
/// content that is never copied. The socket is non-blocking and stays the caller's.
class Outbox {
 public:
  using Pieces = std::array<std::string_view, 3>;

  /// Queues a copy.
  void append(std::string_view bytes) { bytes_ += bytes; }

  /// Sends everything queued, then these pieces and this content in one system call; queues what isn't taken. After a
  /// call that left something behind, queues only, until `unblock`. False: the connection is lost.
  bool send(int fd, const Pieces& pieces, Content content = nullptr);
  bool flush(int fd) { return empty() || send(fd, {}); }

  /// The kernel takes bytes again.
  void unblock() { blocked_ = false; }
  bool blocked() const { return blocked_; }

  std::size_t size() const { return bytes_.size() - sent_ + content_.bytes.size(); }
  bool empty() const { return bytes_.size() == sent_ && content_.bytes.empty(); }

  /// Bytes that the kernel took since the last call.
  std::uint64_t take_count() {
    const std::uint64_t count = count_;
    count_ = 0;
    return count;
  }

  /// Forgets what waits.
  void clear();

  /// Gives the storage back. Requires an empty outbox.
  void release() { std::string().swap(bytes_); }

 private:
  void queue(const Pieces& pieces, std::size_t skip);
  void account(std::size_t taken, const Pieces& pieces);

  std::string bytes_;
  std::size_t sent_ = 0;  // of bytes_
  Content content_;       // what is left of it
  std::uint64_t count_ = 0;
  bool blocked_ = false;
};

}  // namespace pgw::edge
