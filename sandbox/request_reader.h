// Bytes to requests: Boost.Beast's HTTP/1.1 parser behind an interface that keeps it in one file.
#pragma once

#include <memory>
#include <string>

#include "sandbox/http_message.h"

namespace pgw::sandbox {

/// Reads the requests of one connection, one after another. Not thread-safe.
class RequestReader {
 public:
  static constexpr std::size_t max_header_size = 64UL * 1024;
  static constexpr std::size_t max_body_size = 8UL * 1024 * 1024;

  enum class Progress {
    incomplete,      ///< more bytes are needed
    wants_continue,  ///< the same, and the client waits for 100 Continue; told once for each request
    complete,        ///< take() the request
    malformed,       ///< error_status() says how; nothing more can be read
  };

  RequestReader();
  ~RequestReader();

  /// Removes what it understood from the front of `input`.
  Progress read(std::string& input);

  /// After `complete`: the request; the reader is ready for the next.
  HttpRequest take();

  /// After `malformed`: 400, 413 or 431.
  int error_status() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace pgw::sandbox
