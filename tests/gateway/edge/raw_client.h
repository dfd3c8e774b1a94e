// A client that speaks bytes: for what no HTTP library would send.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pgw::edge::test {

/// How long a test waits for what must come. Only a failing test waits that long.
constexpr std::chrono::seconds patience{20};

struct Response {
  int status = 0;                             ///< 0: there was none
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
  std::string head;  ///< as received

  bool has(const std::string& name) const { return fields.count(name) > 0; }
  std::string field(const std::string& name) const { return has(name) ? fields.at(name) : ""; }
};

/// A blocking TCP connection to a server on loopback. Waits with poll, never for a fixed time. Throws
/// std::runtime_error when patience runs out.
class RawClient {
 public:
  /// `from` is an address of 127.0.0.0/8.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0, const char* from = "127.0.0.1");
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False if the server is gone.
  bool send(std::string_view bytes);

  /// One byte per packet (TCP_NODELAY), each given the time to arrive alone by waiting until the kernel has it
  /// acknowledged.
  bool send_bytewise(std::string_view bytes);

  /// Reads one response: by Content-Length, by chunks, or to the end of the connection. Status 0 if the server closed
  /// before one.
  Response receive(bool head_only = false);

  /// send and receive
  Response ask(std::string_view request);

  /// Up to so many bytes of whatever comes; empty at the end.
  std::string receive_some(std::size_t limit = 65536);

  /// Whatever comes up to the end of the first such text.
  std::string receive_until(std::string_view text);

  /// The server's FIN or RST comes, and nothing before it.
  bool is_closed_by_server();
  bool was_reset() const { return reset_; }

  /// Nothing comes now: neither bytes nor the end. For use after something else has proven the server to be past the
  /// point.
  bool is_quiet() const;

  void shutdown_write();
  void reset();
  int fd() const { return fd_; }

 private:
  bool fill();

  int fd_ = -1;
  std::string received_;
  bool reset_ = false;
};

}  // namespace pgw::edge::test
