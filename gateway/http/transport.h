// The byte stream under a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/uio.h>

namespace pgw::http {

/// Non-blocking: a call does what can be done now and says what to wait for. Plain TCP is one implementation; TLS is
/// another, whose reading may have to wait until the socket is writable, and the other way round. Not thread-safe. The
/// descriptor stays its owner's.
class Transport {
 public:
  enum class Status : std::uint8_t {
    ok,
    want_read,   ///< nothing was done: call again when the socket is readable
    want_write,  ///< nothing was done: call again when the socket is writable
    end,         ///< of reading: the other side has ended its sending, in order
    lost         ///< reset, or broken otherwise: of no further use
  };

  struct Result {
    Status status = Status::ok;
    std::size_t bytes = 0;  ///< with `ok`
  };

  explicit Transport(int fd) : fd_(fd) {}
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  int fd() const { return fd_; }

  /// Up to `buffer.size()` bytes.
  virtual Result read(std::span<char> buffer) = 0;

  /// Takes bytes from the parts in order, perhaps not all of them. After `want_read` or `want_write` the next call must
  /// begin with the same bytes.
  virtual Result write(std::span<const iovec> parts) = 0;

  /// Ends the sending side in order; reading goes on. False if the connection is lost.
  virtual bool shutdown_write() = 0;

  /// Bytes that were written and that the other side has not acknowledged yet, as far as the kernel knows.
  std::size_t unacknowledged() const;

  /// Makes closing the descriptor tell the other side that the stream was cut, and drops what waits in the kernel.
  void reset_on_close();

 private:
  const int fd_;
};

/// TCP as it is.
class PlainTransport final : public Transport {
 public:
  using Transport::Transport;

  Result read(std::span<char> buffer) override;
  Result write(std::span<const iovec> parts) override;
  bool shutdown_write() override;
};

}  // namespace pgw::http
