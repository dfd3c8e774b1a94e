#include "sockets.h"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pgw::bench {
namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void set_option(int fd, int level, int name, int value) {
  checked(setsockopt(fd, level, name, &value, sizeof value), "setsockopt");
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() {
  return std::exchange(fd_, -1);
}

Descriptor listen_on(std::uint16_t port) {
  Descriptor listener(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
  set_option(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  const auto address = loopback(port);
  checked(bind(listener.get(), generic(address), sizeof address), "bind");
  checked(listen(listener.get(), SOMAXCONN), "listen");
  return listener;
}

std::uint16_t port_of(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

Descriptor accept_from(const Descriptor& listener) {
  Descriptor connection(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection) set_option(connection.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return connection;
}

Descriptor connect_to(std::uint16_t port, int receive_buffer) {
  Descriptor connection(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  if (receive_buffer > 0) set_option(connection.get(), SOL_SOCKET, SO_RCVBUF, receive_buffer);
  const auto address = loopback(port);
  checked(connect(connection.get(), generic(address), sizeof address), "connect");
  set_option(connection.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  int non_blocking = 1;
  checked(ioctl(connection.get(), FIONBIO, &non_blocking), "ioctl");
  return connection;
}

Epoll::Epoll() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void Epoll::add(int fd, std::uint32_t events, std::uint64_t mark) {
  epoll_event event{events, {.u64 = mark}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void Epoll::change(int fd, std::uint32_t events, std::uint64_t mark) {
  epoll_event event{events, {.u64 = mark}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
}

void Epoll::remove(int fd) {
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr), "epoll_ctl");
}

std::span<const epoll_event> Epoll::wait(int timeout) {
  const int ready = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout);
  if (ready < 0 && errno != EINTR) checked(ready, "epoll_wait");
  return {events_.data(), static_cast<std::size_t>(ready < 0 ? 0 : ready)};
}

}  // namespace pgw::bench
