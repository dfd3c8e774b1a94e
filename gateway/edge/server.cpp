#include "gateway/edge/server.h"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <netinet/in.h>
#include <stdexcept>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <pistache/listener.h>

#include "gateway/edge/worker.h"

namespace pgw::edge {
namespace {

namespace fs = std::filesystem;
namespace Tcp = Pistache::Tcp;

constexpr std::size_t reserved_by_default = 64;

std::size_t connections_beside(std::size_t reserved) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const std::size_t descriptors = limit.rlim_cur == RLIM_INFINITY ? 1U << 20 : limit.rlim_cur;
  return std::max(descriptors - std::min(descriptors, reserved), descriptors / 4);
}

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

class Server::Impl {
 public:
  Impl(Options options, HandlerFactory factory) : options_(std::move(options)) {
    if (options_.workers == 0) options_.workers = 1;
    for (unsigned i = 0; i < options_.workers; ++i) state_->loops.push_back(std::make_unique<loop::EventLoop>(i));
    state_->factory = std::move(factory);
    state_->limits = options_.limits;
    reserve_descriptors(reserved_by_default);
  }

  void bind() {
    if (listener_) return;
    auto listener = std::make_unique<Tcp::Listener>();
    try {
      using Tcp::Options;
      listener->init(options_.workers,
                     Pistache::Flags<Options>(Options::ReuseAddr | Options::NoDelay | Options::CloseOnExec), "edge",
                     options_.backlog);
      listener->setTransportFactory([this] { return std::make_shared<WorkerPrototype>(state_); });
      listener->bind(to_address(options_.host, options_.port));
    } catch (const std::exception& error) {
      throw std::runtime_error("cannot listen on " + options_.host + ":" + std::to_string(options_.port) + ": " +
                               error.what());
    }
    listener_ = std::move(listener);
    port_ = static_cast<std::uint16_t>(listener_->getPort());
    listening_fd_ = find_listening_socket(port_);
  }

  void start() {
    bind();
    for (Worker* worker : state_->workers) worker->loop().post([] {});  // an event, so that the first turn comes
    listener_->runThreaded();
    running_ = true;
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->ready == state_->workers.size(); });
    if (!state_->failure) return;
    const auto failure = state_->failure;
    lock.unlock();
    stop();
    std::rethrow_exception(failure);
  }

  std::uint16_t port() const { return port_; }
  std::size_t open_connections() const { return state_->open_connections.load(); }
  loop::EventLoop& loop(std::size_t worker) { return *state_->loops.at(worker); }

  std::size_t reserve_descriptors(std::size_t reserved) {
    const std::size_t most = options_.max_connections != 0 ? options_.max_connections : connections_beside(reserved);
    state_->max_connections = most;
    return most;
  }

  void set_limits(const Limits& limits) {
    if (!running_) state_->limits = limits;
    for (Worker* worker : state_->workers) worker->loop().post([worker, limits] { worker->set_limits(limits); });
  }

  void drain(std::chrono::milliseconds deadline) {
    if (!running_) return;
    const auto until = std::chrono::steady_clock::now() + deadline;
    stop_listening();
    std::size_t told = 0;  // guarded by the state's mutex
    for (Worker* worker : state_->workers) {
      worker->loop().post([this, worker] {
        worker->drain();
        const std::lock_guard lock(state_->mutex);
        ++drained_;
        state_->changed.notify_all();
      });
      ++told;
    }
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_until(lock, until, [&] { return drained_ >= told && state_->open_connections.load() == 0; });
  }

  void stop() {
    if (running_) {
      running_ = false;
      stop_listening();
      for (Worker* worker : state_->workers) worker->loop().post([worker] { worker->stop(); });
      std::unique_lock lock(state_->mutex);
      state_->changed.wait(lock, [this] { return state_->stopped == state_->workers.size(); });
    }
    listener_.reset();  // ends and joins the threads
    state_->workers.clear();
  }

 private:
  // The listener can't stop accepting without stopping its workers. Another socket under its descriptor closes the one
  // that listens, and the accepting thread goes on to wait for nothing but the end.
  void stop_listening() {
    if (listening_fd_ < 0) return;
    const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (other >= 0) {
      dup3(other, listening_fd_, O_CLOEXEC);
      ::close(other);
    }
    listening_fd_ = -1;
  }

  Options options_;
  const std::shared_ptr<ServerState> state_ = std::make_shared<ServerState>();
  std::unique_ptr<Tcp::Listener> listener_;
  std::uint16_t port_ = 0;
  int listening_fd_ = -1;
  bool running_ = false;
  std::size_t drained_ = 0;  // guarded by the state's mutex
};

Server::Server(Options options, HandlerFactory factory)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(factory))) {}

Server::~Server() {
  impl_->stop();
}

void Server::bind() {
  impl_->bind();
}
void Server::start() {
  impl_->start();
}
std::uint16_t Server::port() const {
  return impl_->port();
}
void Server::set_limits(const Limits& limits) {
  impl_->set_limits(limits);
}
std::size_t Server::open_connections() const {
  return impl_->open_connections();
}
std::size_t Server::reserve_descriptors(std::size_t reserved) {
  return impl_->reserve_descriptors(reserved);
}
loop::EventLoop& Server::loop(std::size_t worker) {
  return impl_->loop(worker);
}
void Server::drain(std::chrono::milliseconds deadline) {
  impl_->drain(deadline);
}
void Server::stop() {
  impl_->stop();
}

}  // namespace pgw::edge
