#include "gateway/edge/server.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <sys/resource.h>
#include <utility>
#include <vector>

#include "gateway/edge/listener.h"
#include "gateway/edge/server_worker.h"

namespace pgw::edge {
namespace {

constexpr std::size_t reserved_by_default = 64;
constexpr std::chrono::milliseconds look_again{100};

std::size_t connections_beside(std::size_t reserved) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const std::size_t descriptors = limit.rlim_cur == RLIM_INFINITY ? 1U << 20 : limit.rlim_cur;
  return std::max(descriptors - std::min(descriptors, reserved), descriptors / 4);
}

}  // namespace

class Server::Impl {
 public:
  Impl(Options options, http::HandlerFactory factory) : options_(std::move(options)) {
    state_.factory = std::move(factory);
    for (unsigned i = 0; i < std::max(options_.workers, 1U); ++i) {
      workers_.push_back(std::make_unique<ServerWorker>(state_, i));
    }
    listener_.emplace(workers_);
    reserve_descriptors(reserved_by_default);
  }

  void bind() {
    if (!listener_->is_bound()) listener_->bind(options_.host, options_.port, options_.backlog);
  }

  void start() {
    bind();
    listener_->run();
    running_ = true;
    std::unique_lock lock(state_.mutex);
    state_.changed.wait(lock, [this] { return state_.ready == workers_.size(); });
    if (!state_.failure) return;
    const auto failure = state_.failure;
    lock.unlock();
    stop();
    std::rethrow_exception(failure);
  }

  std::uint16_t port() const { return listener_ ? listener_->port() : port_; }
  std::size_t open_connections() const { return state_.open_connections.load(); }
  loop::EventLoop& loop(std::size_t worker) { return workers_.at(worker)->loop(); }

  std::size_t reserve_descriptors(std::size_t reserved) {
    const std::size_t most = options_.max_connections != 0 ? options_.max_connections : connections_beside(reserved);
    state_.max_connections = most;
    return most;
  }

  http::Pressure::Figures pressure() const { return state_.pressure.figures(); }

  void wind_down() {
    for (const auto& worker : workers_) worker->loop().post([worker = worker.get()] { worker->wind_down(); });
  }

  void drain(std::chrono::milliseconds deadline, const std::function<bool()>& is_hurried) {
    if (!running_) return;
    const auto until = std::chrono::steady_clock::now() + deadline;
    listener_->stop_listening();
    for (const auto& worker : workers_) {
      worker->loop().post([this, worker = worker.get()] {
        worker->drain();
        const std::lock_guard lock(state_.mutex);
        ++drained_;
        state_.changed.notify_all();
      });
    }
    const auto is_done = [this] { return drained_ >= workers_.size() && state_.open_connections.load() == 0; };
    std::unique_lock lock(state_.mutex);
    while (!is_done() && std::chrono::steady_clock::now() < until && !(is_hurried && is_hurried())) {
      state_.changed.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + look_again), is_done);
    }
  }

  void stop() {
    if (running_) {
      running_ = false;
      listener_->stop_listening();
      for (const auto& worker : workers_) worker->loop().post([worker = worker.get()] { worker->stop(); });
      std::unique_lock lock(state_.mutex);
      state_.changed.wait(lock, [this] { return state_.stopped == workers_.size(); });
    }
    if (!listener_) return;
    port_ = listener_->port();
    listener_.reset();  // ends and joins the threads
  }

 private:
  const Options options_;
  ServerState state_;
  std::vector<std::unique_ptr<ServerWorker>> workers_;
  std::optional<Listener> listener_;  // none after `stop`
  std::uint16_t port_ = 0;            // of the listener, after `stop`
  bool running_ = false;
  std::size_t drained_ = 0;  // guarded by the state's mutex
};

Server::Server(Options options, http::HandlerFactory factory)
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
std::size_t Server::open_connections() const {
  return impl_->open_connections();
}
std::size_t Server::reserve_descriptors(std::size_t reserved) {
  return impl_->reserve_descriptors(reserved);
}
loop::EventLoop& Server::loop(std::size_t worker) {
  return impl_->loop(worker);
}
http::Pressure::Figures Server::pressure() const {
  return impl_->pressure();
}
void Server::wind_down() {
  impl_->wind_down();
}
void Server::drain(std::chrono::milliseconds deadline, const std::function<bool()>& is_hurried) {
  impl_->drain(deadline, is_hurried);
}
void Server::stop() {
  impl_->stop();
}

}  // namespace pgw::edge
