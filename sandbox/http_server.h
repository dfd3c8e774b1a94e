// The listening socket: Pistache's Tcp layer (listener, reactor, peers) under the connections of connection.h.
//
// Pistache's own Http::Endpoint isn't used, as its stock Http::Handler (0.0.5) can't be an upstream that takes what the
// real service takes. Measured: it answers 4xx in text/plain to requests whose Accept, Cache-Control, Content-Type or
// Date it doesn't know; keeps the first of repeated query parameters (the service takes the last) and of repeated
// headers; never sends 100 Continue, which costs curl a second for each large body; drops pipelined requests; and
// writes late responses to a number that may be another client's by then.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sandbox/connection.h"

namespace pgw::sandbox {

/// Accepts connections from construction until stop(). Thread-safe.
class HttpServer {
 public:
  /// Port 0 means any. Throws std::runtime_error, which names the address, if it can't listen there.
  HttpServer(const std::string& host, std::uint16_t port, Connection::Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port really bound.
  std::uint16_t port() const;

  /// Closes every connection and the socket. Idempotent. The handler isn't called any more once it returns.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::sandbox
