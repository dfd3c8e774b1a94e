// One client's connection: requests in, one at a time, responses out.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "sandbox/http_message.h"
#include "sandbox/request_reader.h"

namespace pgw::sandbox {

/// Thread-safe. A request is handed to the handler once the response before it was written, so pipelined ones stay in
/// order.
///
/// The connection writes to a descriptor of its own, a duplicate of the one that the event loop reads: however late a
/// response comes, it can't reach a stranger who was given the number of a closed descriptor.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Called in the thread that read the request's last byte or wrote the response before it. Must not block or throw.
  using Handler = std::function<void(HttpRequest, std::shared_ptr<Connection>)>;

  /// Takes the descriptor over.
  Connection(int descriptor, Handler handler);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What arrived.
  void receive(std::string_view bytes);

  /// Exactly once for each request, unless it is aborted. Blocks while the client doesn't read, 30 seconds at most.
  void respond(const HttpResponse& response);

  /// Ends the connection in both directions; what isn't sent is lost.
  void abort();

 private:
  void read_next(std::unique_lock<std::mutex> lock);
  void reject_malformed();
  bool write(std::string_view bytes);

  const int descriptor_;
  const Handler handler_;

  std::mutex mutex_;  // guards what follows
  std::string input_;
  RequestReader reader_;
  bool busy_ = false;    // a request is being answered
  bool closed_ = false;  // nothing more is read
  bool keep_alive_ = true;
  bool head_only_ = false;
};

}  // namespace pgw::sandbox
