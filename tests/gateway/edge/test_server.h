// A server on a free port with a handler that does what the path says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/server.h"

namespace pgw::edge::test {

/// What the handlers report to the test. Thread-safe.
class Journal {
 public:
  void note(std::string line);

  /// Waits until the line has been noted so many times; throws when patience runs out.
  void await(const std::string& line, std::size_t times = 1);
  std::size_t count(const std::string& line) const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable noted_;
  std::vector<std::string> lines_;
};

/// Answers by the first segment of the path:
///   /echo      200 with what it saw: method, target, path, query, host, fields, body
///   /hold      answered by `TestServer::release` from another thread, in whatever order, with the query as body
///   /later     answered by a timer of the loop, with the query as body
///   /early     answered in on_head, 401
///   /stream/N  N bytes in pieces, chunked; /sized/N with Content-Length; both wait for the client as they must
///   /short     announces 100 bytes and sends 10; /abort aborts within a stream
///   /status/N  status N, with a body
///   /hints     103 before its answer
///   /throw     throws
///   /small     no body of more than 10 bytes
///   /sink      takes its body in pieces with a pause after each, and answers with the size; with ?hold the pause lasts
/// Notes "head", "request", "piece", "finished STATUS", "gone", "rejected REASON".
class TestServer {
 public:
  explicit TestServer(const http::Limits& limits = {}, unsigned workers = 1, std::size_t max_connections = 0);
  TestServer(const http::Limits& limits, const Server::Options& options);
  ~TestServer();

  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->port(); }
  Journal& journal() { return journal_; }

  /// As a reload would: in the handlers' own threads, and done when this returns.
  void set_limits(const http::Limits& limits);

  /// Answers the held exchange with this query from the calling thread, through the loop's mailbox.
  void release(const std::string& query);

  /// The most that a stream ever had waiting beyond what its client took, in bytes produced less bytes sent.
  std::size_t peak_backlog() const { return peak_backlog_; }

 private:
  friend class TestHandler;

  Journal journal_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<http::Exchange>> held_;
  std::vector<std::pair<loop::EventLoop*, class TestHandler*>> handlers_;
  std::atomic<std::size_t> peak_backlog_{0};
  std::unique_ptr<Server> server_;
};

/// A GET with Host and these further field lines.
std::string get(const std::string& target, const std::string& fields = "");

/// A POST with Content-Length.
std::string post(const std::string& target, const std::string& body, const std::string& fields = "");

}  // namespace pgw::edge::test
