// An upstream on a real socket, plain or over TLS, that says what a test has it say.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

namespace pgw::upstream {

/// One connection of an Origin, in a thread of its own.
class Peer {
 public:
  Peer(int socket, SSL_CTX* tls);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool is_usable() const { return usable_; }

  /// A request's head, and its body if it has a Content-Length; empty once the other end is gone.
  std::string read_request();
  /// Whatever comes until the other end is gone.
  std::string read_rest();
  void send(std::string_view bytes);
  /// Sends no more, and says so.
  void end();
  /// Ends with a reset in place of an orderly end.
  void reset();

 private:
  bool read_some();

  int socket_;
  SSL* ssl_ = nullptr;
  bool usable_ = true;
  std::string buffer_;
};

class Origin {
 public:
  /// Called for each connection, with its number, from 1 on; the connection ends with the call.
  using Handler = std::function<void(Peer& peer, unsigned number)>;

  struct Options {
    bool tls = false;
    std::string address = "127.0.0.1";
    std::string unix_socket = {};  // in place of an address
    std::uint16_t port = 0;
    int backlog = 64;
    bool wants_certificate = false;  // over TLS: that of `identity_file` alone
  };

  Origin(Options options, Handler handler);
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  /// "https://127.0.0.1:1234"
  std::string url() const { return url("127.0.0.1"); }
  std::string url(const std::string& host) const;
  std::uint16_t port() const { return port_; }
  unsigned connections() const { return connections_; }

  /// The certificate, to be trusted; empty without TLS.
  const std::string& ca_file() const { return ca_file_; }
  /// The certificate with its key.
  const std::string& identity_file() const { return identity_file_; }

 private:
  void make_certificate();
  void accept_all();

  const Options options_;
  const Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls_{nullptr, &SSL_CTX_free};
  std::string ca_file_;
  std::string identity_file_;
  std::atomic<unsigned> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

/// "HTTP/1.1 200 OK" with a Content-Length.
std::string ok(std::string_view body, std::string_view fields = {});

}  // namespace pgw::upstream
