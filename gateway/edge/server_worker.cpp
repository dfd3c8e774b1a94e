#include "gateway/edge/server_worker.h"

#include <array>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace pgw::edge {
namespace {

constexpr std::string_view no_place =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: application/json\r\n"
    "Content-Length: 47\r\n\r\n{\"detail\":\"the gateway has no connection left\"}";

}  // namespace

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
    connections_.emplace(loop_, *handler_, state_.pressure, [this](int fd) { close(fd); });
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(state_.mutex);
  if (failure && !state_.failure) state_.failure = failure;
  ++state_.ready;
  state_.changed.notify_all();
}

void ServerWorker::add(int fd, const std::string& peer) {
  const std::size_t open = state_.open_connections.fetch_add(1) + 1;
  const bool takes_more = connections_ && !connections_->draining();
  if (takes_more && (open <= state_.max_connections || connections_->make_room())) {
    connections_->add(fd, peer);
    return;
  }
  if (takes_more) refuse(fd);
  refused_.push_back(fd);
}

// What has arrived is read first, so that closing sends no reset that would overtake the answer.
void ServerWorker::refuse(int fd) {
  state_.pressure.count_refused();
  std::array<char, 4096> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT) > 0) continue;
  ::send(fd, no_place.data(), no_place.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
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

void ServerWorker::wind_down() {
  if (connections_) connections_->wind_down();
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
