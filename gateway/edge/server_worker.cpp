#include "gateway/edge/server_worker.h"

#include <stdexcept>
#include <utility>

namespace pgw::edge {

void ServerWorker::begin_turn() {
  loop_.begin_turn();
  if (!started_) start();
}

void ServerWorker::start() {
  started_ = true;
  loop_.adopt_thread();
  std::exception_ptr failure;
  try {
    handler_ = state_.factory(loop_);
    if (!handler_) throw std::logic_error("the handler factory returned nothing");
    connections_.emplace(loop_, *handler_, [this](int fd) { close(fd); });
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(state_.mutex);
  if (failure && !state_.failure) state_.failure = failure;
  ++state_.ready;
  state_.changed.notify_all();
}

void ServerWorker::add(int fd, std::string peer) {
  const std::size_t open = state_.open_connections.fetch_add(1) + 1;
  if (open > state_.max_connections || !connections_ || connections_->draining()) {
    refused_.push_back(fd);
  } else {
    connections_->add(fd, std::move(peer));
  }
}

void ServerWorker::end_turn() {
  loop_.run_timers();
  if (connections_) connections_->finish_turn();
  for (const int fd : std::exchange(refused_, {})) close(fd);
  loop_.end_turn();
}

void ServerWorker::close(int fd) {
  close_(fd);
  if (state_.open_connections.fetch_sub(1) == 1) {
    const std::lock_guard lock(state_.mutex);
    state_.changed.notify_all();
  }
}

void ServerWorker::drain() {
  if (connections_) connections_->drain();
}

void ServerWorker::stop() {
  if (connections_) connections_->stop();
  handler_.reset();
  loop_.close();
  const std::lock_guard lock(state_.mutex);
  ++state_.stopped;
  state_.changed.notify_all();
}

}  // namespace pgw::edge
