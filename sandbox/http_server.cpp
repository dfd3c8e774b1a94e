#include "sandbox/http_server.h"

#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <stdexcept>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>

#include <pistache/listener.h>
#include <pistache/peer.h>

namespace pgw::sandbox {

namespace {

constexpr const char* connection_key = "connection";

/// The connections of a server; once closed, every new one ends at once.
class Connections {
 public:
  explicit Connections(Connection::Handler handler) : handler_(std::move(handler)) {}

  std::shared_ptr<Connection> open(int descriptor) {
    auto connection = std::make_shared<Connection>(descriptor, handler_);
    const std::lock_guard lock(mutex_);
    if (closing_) connection->abort();
    open_.emplace(connection.get(), connection);
    return connection;
  }

  void forget(const Connection* connection) {
    const std::lock_guard lock(mutex_);
    open_.erase(connection);
    if (open_.empty()) none_left_.notify_all();
  }

  /// Ends all, and waits until the event loop has let go of them.
  void close_all() {
    std::unique_lock lock(mutex_);
    closing_ = true;
    for (const auto& [key, connection] : open_) {
      if (const auto alive = connection.lock()) alive->abort();
    }
    none_left_.wait_for(lock, std::chrono::seconds(5), [this] { return open_.empty(); });
  }

 private:
  const Connection::Handler handler_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> open_;
  bool closing_ = false;
};

/// Pistache's side of a connection. Copied once for each of the listener's threads.
class PeerHandler : public Pistache::Tcp::Handler {
 public:
  PROTOTYPE_OF(Pistache::Tcp::Handler, PeerHandler)

  explicit PeerHandler(std::shared_ptr<Connections> connections) : connections_(std::move(connections)) {}

  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override {
    const int descriptor = ::fcntl(peer->fd(), F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) {
      ::shutdown(peer->fd(), SHUT_RDWR);
      return;
    }
    peer->putData(connection_key, connections_->open(descriptor));
  }

  void onInput(const char* bytes, std::size_t count, const std::shared_ptr<Pistache::Tcp::Peer>& peer) override {
    if (const auto connection = connection_of(*peer)) connection->receive({bytes, count});
  }

  void onDisconnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override {
    if (const auto connection = connection_of(*peer)) connections_->forget(connection.get());
  }

 private:
  static std::shared_ptr<Connection> connection_of(const Pistache::Tcp::Peer& peer) {
    return std::static_pointer_cast<Connection>(peer.tryGetData(connection_key));
  }

  std::shared_ptr<Connections> connections_;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const std::string& host, std::uint16_t port, Connection::Handler handler)
      : connections_(std::make_shared<Connections>(std::move(handler))) {
    using Pistache::Tcp::Options;
    const Pistache::Flags<Options> reuse_address(Options::ReuseAddr);
    const bool is_ipv6 = host.find(':') != std::string::npos;
    const std::string written = (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    listener_ = std::make_unique<Pistache::Tcp::Listener>(Pistache::Address(written));
    listener_->init(1, reuse_address | Options::NoDelay | Options::CloseOnExec, "sandbox");
    listener_->setHandler(std::make_shared<PeerHandler>(connections_));
    listener_->bind();
    port_ = static_cast<std::uint16_t>(listener_->getPort());
    listener_->runThreaded();
  }

  std::uint16_t port() const { return port_; }

  void stop() {
    if (!listener_) return;
    connections_->close_all();
    listener_->shutdown();
    listener_.reset();
  }

 private:
  std::shared_ptr<Connections> connections_;
  std::unique_ptr<Pistache::Tcp::Listener> listener_;
  std::uint16_t port_ = 0;
};

HttpServer::HttpServer(const std::string& host, std::uint16_t port, Connection::Handler handler) try
    : impl_(std::make_unique<Impl>(host, port, std::move(handler))) {
} catch (const std::exception& error) {
  throw std::runtime_error("can't listen on " + host + ":" + std::to_string(port) + ": " + error.what());
}

HttpServer::~HttpServer() {
  stop();
}

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

void HttpServer::stop() {
  impl_->stop();
}

}  // namespace pgw::sandbox
