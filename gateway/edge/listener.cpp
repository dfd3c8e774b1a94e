#include "gateway/edge/listener.h"

#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <pistache/listener.h>
#include <pistache/os.h>
#include <pistache/peer.h>
#include <pistache/tcp.h>
#include <pistache/transport.h>

namespace pgw::edge {
namespace {

namespace fs = std::filesystem;
namespace Tcp = Pistache::Tcp;
using Pistache::Polling::NotifyOn;

// Pistache's handler interface: of it only the arrival of a peer concerns us.
class PeerAdopter final : public Tcp::Handler {
 public:
  void onInput(const char*, std::size_t, const std::shared_ptr<Tcp::Peer>&) override {}
  void onConnection(const std::shared_ptr<Tcp::Peer>& peer) override;
  std::shared_ptr<Tcp::Handler> clone() const override { return std::make_shared<PeerAdopter>(); }
};

// Runs in one thread of Pistache's reactor, which owns it and calls `onReady` with the events of one turn.
class WorkerTransport final : public Tcp::Transport {
 public:
  explicit WorkerTransport(ServerWorker& worker) : Transport(std::make_shared<PeerAdopter>()), worker_(worker) {
    worker.close_with([this](int fd) { close(fd); });
  }

  void registerPoller(Pistache::Polling::Epoll& poller) override {
    Transport::registerPoller(poller);
    worker_.loop().attach(poller);
  }

  void onReady(const Pistache::Aio::FdSet& fds) override {
    worker_.begin_turn();
    for (const auto& entry : fds) on_entry(entry);
    worker_.end_turn();
  }

  std::shared_ptr<Pistache::Aio::Handler> clone() const override {
    throw std::logic_error("a worker's transport is not cloned");
  }

  // Pistache registers the descriptor after this call, so it can't be closed before the turn ends.
  void adopt(const Tcp::Peer& peer) {
    std::string host = peer.address().host();
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);  // IPv6
    worker_.add(peer.fd(), host);
  }

 private:
  void on_entry(const Pistache::Aio::FdSet::Entry& entry);
  void close(int fd);

  ServerWorker& worker_;
};

void PeerAdopter::onConnection(const std::shared_ptr<Tcp::Peer>& peer) {
  static_cast<WorkerTransport*>(transport())->adopt(*peer);
}

// With one handler in the reactor an event's tag is what the descriptor was registered with: ours, or Pistache's plain
// descriptor.
void WorkerTransport::on_entry(const Pistache::Aio::FdSet::Entry& entry) {
  const int ready = (entry.isReadable() ? loop::EventLoop::read : 0) |
                    (entry.isWritable() ? loop::EventLoop::write : 0) |
                    (entry.isHangup() ? loop::EventLoop::hung_up : 0);
  if (worker_.loop().dispatch(entry.getTag().value(), ready)) return;

  Pistache::Polling::Event event(entry.getTag());
  if (entry.isReadable()) event.flags.setFlag(NotifyOn::Read);
  std::vector<Pistache::Polling::Event> events;
  events.push_back(event);
  try {
    Transport::onReady(Pistache::Aio::FdSet(std::move(events)));
  } catch (const std::exception&) {
    return;  // an event of a descriptor that was closed earlier in this turn
  }
}

void WorkerTransport::close(int fd) {
  const auto peer = peers.find(fd);
  try {
    if (peer != peers.end()) removePeer(std::shared_ptr<Tcp::Peer>(peer->second));
  } catch (const std::exception&) {
    ::close(fd);  // the epoll had lost it: removePeer throws before it closes
  }
}

// What the listener is given: the reactor makes one clone, a WorkerTransport, per thread.
class Prototype final : public Tcp::Transport {
 public:
  explicit Prototype(const std::vector<std::unique_ptr<ServerWorker>>& workers)
      : Transport(std::make_shared<PeerAdopter>()), workers_(workers) {}

  std::shared_ptr<Pistache::Aio::Handler> clone() const override {
    return std::make_shared<WorkerTransport>(*workers_.at(cloned_++));
  }

 private:
  const std::vector<std::unique_ptr<ServerWorker>>& workers_;
  mutable std::size_t cloned_ = 0;
};

Pistache::Address to_address(const std::string& host, std::uint16_t port) {
  const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return {bare_ipv6 ? "[" + host + "]" : host, Pistache::Port(port)};
}

bool listens_on(int fd, std::uint16_t port) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return false;
  sockaddr_storage address{};
  size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port) == port;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port) == port;
  return false;
}

// Pistache keeps its listening socket to itself, so it is looked up among the process's descriptors.
int find_listening_socket(std::uint16_t port) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd >= 0 && listens_on(fd, port)) return fd;
  }
  return -1;
}

}  // namespace

class Listener::Impl {
 public:
  explicit Impl(const std::vector<std::unique_ptr<ServerWorker>>& workers) : workers_(workers) {}

  void bind(const std::string& host, std::uint16_t port, int backlog) {
    auto listener = std::make_unique<Tcp::Listener>();
    try {
      using Tcp::Options;
      listener->init(workers_.size(),
                     Pistache::Flags<Options>(Options::ReuseAddr | Options::NoDelay | Options::CloseOnExec), "edge",
                     backlog);
      listener->setTransportFactory([this] { return std::make_shared<Prototype>(workers_); });
      listener->bind(to_address(host, port));
    } catch (const std::exception& error) {
      throw std::runtime_error("cannot listen on " + host + ":" + std::to_string(port) + ": " + error.what());
    }
    listener_ = std::move(listener);
    port_ = static_cast<std::uint16_t>(listener_->getPort());
    listening_fd_ = find_listening_socket(port_);
  }

  bool is_bound() const { return listener_ != nullptr; }
  std::uint16_t port() const { return port_; }

  void run() {
    for (const auto& worker : workers_) worker->loop().post([] {});  // an event, so that the first turn comes
    listener_->runThreaded();
  }

  // Another socket under the listening one's descriptor closes it, and the accepting thread goes on to wait for nothing
  // but the end.
  void stop_listening() {
    if (listening_fd_ < 0) return;
    const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (other >= 0) {
      dup3(other, listening_fd_, O_CLOEXEC);
      ::close(other);
    }
    listening_fd_ = -1;
  }

 private:
  const std::vector<std::unique_ptr<ServerWorker>>& workers_;
  std::unique_ptr<Tcp::Listener> listener_;
  std::uint16_t port_ = 0;
  int listening_fd_ = -1;
};

Listener::Listener(const std::vector<std::unique_ptr<ServerWorker>>& workers)
    : impl_(std::make_unique<Impl>(workers)) {}

Listener::~Listener() = default;

void Listener::bind(const std::string& host, std::uint16_t port, int backlog) {
  impl_->bind(host, port, backlog);
}
bool Listener::is_bound() const {
  return impl_->is_bound();
}
std::uint16_t Listener::port() const {
  return impl_->port();
}
void Listener::run() {
  impl_->run();
}
void Listener::stop_listening() {
  impl_->stop_listening();
}

}  // namespace pgw::edge
