// What waits to be sent on one transport.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/content.h"
#include "gateway/http/transport.h"

namespace pgw::http {

/// Sends at once what the transport takes and keeps the rest in order: copied bytes, and behind them at most one
/// content that is never copied.
class Outbox {
 public:
  using Pieces = std::array<std::string_view, 3>;

  /// Queues a copy.
  void append(std::string_view bytes) { bytes_ += bytes; }

  /// Sends everything queued, then these pieces and this content in one call; queues what isn't taken. After a call
  /// that left something behind, queues only, until `unblock`. False: the connection is lost.
  bool send(Transport& transport, const Pieces& pieces, Content content = nullptr);
  bool flush(Transport& transport) { return empty() || send(transport, {}); }

  /// What the transport waits for was seen: it takes bytes again.
  void unblock() { waits_for_ = Transport::Status::ok; }
  bool blocked() const { return waits_for_ != Transport::Status::ok; }

  /// `want_read` or `want_write` while blocked, else `ok`.
  Transport::Status waits_for() const { return waits_for_; }

  std::size_t size() const { return bytes_.size() - sent_ + content_.bytes.size(); }
  bool empty() const { return bytes_.size() == sent_ && content_.bytes.empty(); }

  /// Bytes that the transport took since the last call.
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
  Transport::Status waits_for_ = Transport::Status::ok;
};

}  // namespace pgw::http
