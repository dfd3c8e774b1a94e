// Loopback sockets and epoll, as the benchmark's programs need them. Whatever the kernel refuses throws
// std::system_error: a benchmark that went on would measure something else.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace pgw::bench {

/// A descriptor that is closed when its owner goes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int release();
  int fd_ = -1;
};

/// A non-blocking listener on 127.0.0.1; port 0 is any free one.
Descriptor listen_on(std::uint16_t port);
std::uint16_t port_of(const Descriptor& listener);

/// The next connection, non-blocking and without Nagle's delay; empty when none waits.
Descriptor accept_from(const Descriptor& listener);

/// A connection to 127.0.0.1, established, then non-blocking and without Nagle's delay. `receive_buffer`: bytes, 0 for
/// the system's default.
Descriptor connect_to(std::uint16_t port, int receive_buffer = 0);

class Epoll {
 public:
  Epoll();

  /// Level-triggered. `mark` comes back with the event.
  void add(int fd, std::uint32_t events, std::uint64_t mark);
  void change(int fd, std::uint32_t events, std::uint64_t mark);
  void remove(int fd);

  /// Milliseconds; -1 waits for ever, 0 not at all. The events stay valid until the next call.
  std::span<const epoll_event> wait(int timeout);

 private:
  Descriptor epoll_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace pgw::bench
