#include "gateway/http/transport.h"

#include <cerrno>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace pgw::http {

std::size_t Transport::unacknowledged() const {
  int bytes = 0;
  return ioctl(fd_, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void Transport::reset_on_close() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Transport::Result PlainTransport::read(std::span<char> buffer) {
  ssize_t taken = 0;
  do {
    taken = recv(fd(), buffer.data(), buffer.size(), 0);
  } while (taken < 0 && errno == EINTR);
  if (taken > 0) return {Status::ok, static_cast<std::size_t>(taken)};
  if (taken == 0) return {Status::end};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::want_read : Status::lost};
}

Transport::Result PlainTransport::write(std::span<const iovec> parts) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  ssize_t taken = 0;
  do {
    taken = sendmsg(fd(), &message, MSG_NOSIGNAL);
  } while (taken < 0 && errno == EINTR);
  if (taken >= 0) return {Status::ok, static_cast<std::size_t>(taken)};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::want_write : Status::lost};
}

bool PlainTransport::shutdown_write() {
  return shutdown(fd(), SHUT_WR) == 0;
}

}  // namespace pgw::http
