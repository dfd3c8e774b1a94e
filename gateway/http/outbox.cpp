#include "gateway/http/outbox.h"

#include <algorithm>
#include <utility>

namespace pgw::http {
namespace {

iovec to_iovec(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool Outbox::send(Transport& transport, const Pieces& pieces, Content content) {
  if (!content.bytes.empty()) content_ = std::move(content);
  if (blocked()) {
    queue(pieces, 0);
    return true;
  }
  std::array<iovec, 5> parts{};
  std::size_t used = 0;
  std::size_t total = 0;
  const auto add = [&](std::string_view bytes) {
    if (bytes.empty()) return;
    parts.at(used++) = to_iovec(bytes);
    total += bytes.size();
  };
  add(std::string_view(bytes_).substr(sent_));
  for (const std::string_view piece : pieces) add(piece);
  add(content_.bytes);
  if (total == 0) return true;

  const auto result = transport.write({parts.data(), used});
  if (result.status == Transport::Status::lost) return false;
  if (result.bytes == total) {  // nearly always
    count_ += total;
    clear();
    return true;
  }
  account(result.bytes, pieces);
  if (!empty()) waits_for_ = result.status == Transport::Status::ok ? Transport::Status::want_write : result.status;
  return true;
}

// Moves on by what the transport took: first of the queue, then of the pieces, then of the content.
void Outbox::account(std::size_t taken, const Pieces& pieces) {
  count_ += taken;
  const std::size_t of_queue = std::min(taken, bytes_.size() - sent_);
  sent_ += of_queue;
  taken -= of_queue;
  if (sent_ == bytes_.size() || sent_ > 64UL * 1024) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
  std::size_t of_pieces = 0;
  for (const std::string_view piece : pieces) of_pieces += piece.size();
  queue(pieces, std::min(taken, of_pieces));
  taken -= std::min(taken, of_pieces);
  content_.bytes.remove_prefix(taken);
  if (content_.bytes.empty()) content_ = nullptr;
}

void Outbox::queue(const Pieces& pieces, std::size_t skip) {
  for (const std::string_view piece : pieces) {
    const std::size_t skipped = std::min(skip, piece.size());
    bytes_ += piece.substr(skipped);
    skip -= skipped;
  }
}

void Outbox::clear() {
  bytes_.clear();
  sent_ = 0;
  content_ = nullptr;
}

}  // namespace pgw::http
