#include "gateway/edge/outbox.h"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace pgw::edge {
namespace {

iovec to_iovec(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool Outbox::send(int fd, const Pieces& pieces, Content content) {
  if (!content.bytes.empty()) content_ = std::move(content);
  if (blocked_) {
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

  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = used;
  ssize_t taken = 0;
  do {
    taken = sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (taken < 0 && errno == EINTR);
  if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return false;
  if (static_cast<std::size_t>(taken) == total) {  // nearly always
    count_ += total;
    clear();
    return true;
  }
  account(static_cast<std::size_t>(std::max<ssize_t>(taken, 0)), pieces);
  blocked_ = !empty();
  return true;
}

// Moves on by what the kernel took: first of the queue, then of the pieces, then of the content.
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

}  // namespace pgw::edge
