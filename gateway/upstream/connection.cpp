#include "gateway/upstream/connection.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace pgw::upstream {

namespace {

Connection::Result of_system_call(ssize_t size) {
  if (size >= 0) return {Connection::Io::done, static_cast<std::size_t>(size)};
  const bool is_for_later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {is_for_later ? Connection::Io::again : Connection::Io::failed, 0};
}

}  // namespace

Connection::Connection(std::unique_ptr<Wire> wire, Place place, std::shared_ptr<const Destination> destination,
                       Clock::time_point now)
    : destination_(std::move(destination)), place_(std::move(place)), wire_(std::move(wire)), opened_(now) {
  place_.opened();
  curl_easy_getinfo(wire_->easy.get(), CURLINFO_ACTIVESOCKET, &socket_);
  if (destination_->is_tls()) return;
  wire_->kept = socket_;
  wire_.reset();
}

Connection::~Connection() {
  unwatch();
  if (wire_ == nullptr) ::close(socket_);
  wire_.reset();  // before the place is free
}

Connection::Result Connection::send(std::string_view bytes) {
  if (wire_ == nullptr) return of_system_call(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  std::size_t sent = 0;
  const CURLcode result = curl_easy_send(wire_->easy.get(), bytes.data(), bytes.size(), &sent);
  if (result == CURLE_AGAIN) return {Io::again, 0};
  return {result == CURLE_OK ? Io::done : Io::failed, sent};
}

Connection::Result Connection::receive(std::span<char> buffer) {
  if (wire_ == nullptr) {
    const Result result = of_system_call(::recv(socket_, buffer.data(), buffer.size(), 0));
    return result.io == Io::done && result.size == 0 ? Result{Io::closed, 0} : result;
  }
  std::size_t received = 0;
  const CURLcode result = curl_easy_recv(wire_->easy.get(), buffer.data(), buffer.size(), &received);
  if (result == CURLE_AGAIN) return {Io::again, 0};
  if (result != CURLE_OK) return {Io::failed, 0};
  return {received == 0 ? Io::closed : Io::done, received};
}

bool Connection::is_quiet() {
  std::array<char, 1> byte{};
  return receive(byte).io == Io::again;
}

void Connection::watch(loop::EventLoop& loop, std::function<void(int ready)> on_ready) {
  loop.watch(socket_, loop::EventLoop::read, std::move(on_ready));
  loop_ = &loop;
}

void Connection::rewatch(int interest) {
  if (loop_ != nullptr) loop_->rewatch(socket_, interest);
}

void Connection::unwatch() {
  if (auto* const loop = std::exchange(loop_, nullptr)) loop->unwatch(socket_);
}

}  // namespace pgw::upstream
