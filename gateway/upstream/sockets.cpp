#include "gateway/upstream/sockets.h"

#include <sys/socket.h>
#include <unistd.h>

namespace pgw::upstream {

void Sockets::serve(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Sockets::open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Sockets::close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

curl_socket_t Sockets::open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  const curl_socket_t socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket != CURL_SOCKET_BAD) static_cast<Sockets*>(self)->at(socket) = {.is_ours = true};
  return socket;
}

int Sockets::close(void* self, curl_socket_t socket) {
  auto& sockets = *static_cast<Sockets*>(self);
  sockets.unwatch(socket);
  sockets.at(socket) = {};
  return ::close(socket);
}

void Sockets::follow(curl_socket_t socket, int what) {
  if (what != CURL_POLL_REMOVE) {
    watch(socket, ((what & CURL_POLL_IN) != 0 ? loop::EventLoop::read : 0) |
                      ((what & CURL_POLL_OUT) != 0 ? loop::EventLoop::write : 0));
  } else if (at(socket).is_ours) {
    at(socket).rests = true;
  } else {
    unwatch(socket);
  }
}

Sockets::Socket& Sockets::at(curl_socket_t socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  return sockets_[index];
}

void Sockets::watch(curl_socket_t socket, int interest) {
  Socket& state = at(socket);
  state.rests = false;
  if (state.is_watched) {
    loop_.rewatch(socket, interest);
    return;
  }
  state.is_watched = true;
  loop_.watch(socket, interest, [this, socket](int ready_for) { ready(socket, ready_for); });
}

void Sockets::unwatch(curl_socket_t socket) {
  if (!at(socket).is_watched) return;
  at(socket).is_watched = false;
  loop_.unwatch(socket);
}

void Sockets::ready(curl_socket_t socket, int ready) {
  if (at(socket).rests) {
    unwatch(socket);
  } else {
    on_ready_(socket, ready);
  }
}

}  // namespace pgw::upstream
