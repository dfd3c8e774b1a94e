// The floor of a miss: the least that forwards a GET by libcurl's multi interface. One thread, one epoll; a client
// connection owns one easy handle whose options are set once; a whole response is collected and sent by one call.
// It checks, counts, logs, times and promises nothing.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <curl/curl.h>

#include "http_bytes.h"
#include "program.h"
#include "sockets.h"

namespace pgw::bench {
namespace {

using Clock = std::chrono::steady_clock;

// An event's mark: a descriptor, and whose it is.
constexpr std::uint64_t upstream_bit = std::uint64_t{1} << 32;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct Client {
  Descriptor socket;
  std::unique_ptr<CURL, EasyDeleter> easy;
  std::string answer;
};

class Proxy {
 public:
  Proxy(std::uint16_t port, std::string upstream)
      : listener_(listen_on(port)), upstream_(std::move(upstream)), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Proxy::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Proxy::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 64L);
    epoll_.add(listener_.get(), EPOLLIN, static_cast<std::uint64_t>(listener_.get()));
    std::cout << port_of(listener_) << std::endl;
  }
  ~Proxy() { curl_multi_cleanup(multi_); }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  void run() {
    for (;;) {
      for (const epoll_event& event : epoll_.wait(wait_time())) handle(event);
      if (Clock::now() < due_) continue;
      due_ = Clock::time_point::max();
      act(CURL_SOCKET_TIMEOUT, 0);
    }
  }

 private:
  int wait_time() const {
    if (due_ == Clock::time_point::max()) return -1;
    return static_cast<int>(std::max(std::chrono::ceil<std::chrono::milliseconds>(due_ - Clock::now()).count(), 0L));
  }

  void handle(const epoll_event& event) {
    const int fd = static_cast<int>(event.data.u64 & (upstream_bit - 1));
    if ((event.data.u64 & upstream_bit) != 0) {
      act(fd, ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                  ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0));
    } else if (fd == listener_.get()) {
      accept_all();
    } else if (!forward(*clients_.at(fd))) {
      curl_multi_remove_handle(multi_, clients_.at(fd)->easy.get());
      clients_.erase(fd);
    }
  }

  void accept_all() {
    while (Descriptor socket = accept_from(listener_)) {
      const int fd = socket.get();
      epoll_.add(fd, EPOLLIN, static_cast<std::uint64_t>(fd));
      auto client = std::make_unique<Client>();
      client->socket = std::move(socket);
      client->easy.reset(curl_easy_init());
      CURL* easy = client->easy.get();
      curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(easy, CURLOPT_PROXY, "");
      curl_easy_setopt(easy, CURLOPT_PRIVATE, client.get());
      curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Proxy::on_bytes);
      curl_easy_setopt(easy, CURLOPT_HEADERDATA, client.get());
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Proxy::on_bytes);
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, client.get());
      clients_[fd] = std::move(client);
    }
  }

  /// False: the client has gone.
  bool forward(Client& client) {
    char buffer[16 * 1024];
    const auto size = recv(client.socket.get(), buffer, sizeof buffer, 0);
    if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
    const auto message = message_in({buffer, static_cast<std::size_t>(size)});
    if (!message) throw std::runtime_error("a request in pieces");
    const std::string url = upstream_ + std::string(target_of(message->head));
    curl_easy_setopt(client.easy.get(), CURLOPT_URL, url.c_str());
    curl_multi_add_handle(multi_, client.easy.get());
    return true;
  }

  void act(curl_socket_t socket, int ready) {
    int left = 0;
    curl_multi_socket_action(multi_, socket, ready, &left);
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (message->data.result != CURLE_OK) throw std::runtime_error(curl_easy_strerror(message->data.result));
      char* pointer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
      curl_multi_remove_handle(multi_, message->easy_handle);
      answer(*reinterpret_cast<Client*>(pointer));
    }
  }

  static void answer(Client& client) {
    // Far less than a socket's buffer holds.
    send(client.socket.get(), client.answer.data(), client.answer.size(), MSG_NOSIGNAL);
    client.answer.clear();
  }

  static std::size_t on_bytes(char* data, std::size_t, std::size_t size, void* client) {
    static_cast<Client*>(client)->answer.append(data, size);
    return size;
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watched) {
    auto& proxy = *static_cast<Proxy*>(self);
    const auto mark = upstream_bit | static_cast<std::uint64_t>(socket);
    const std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                                 ((what & CURL_POLL_OUT) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    if (what == CURL_POLL_REMOVE) {
      proxy.epoll_.remove(socket);
    } else if (watched != nullptr) {
      proxy.epoll_.change(socket, events, mark);
    } else {
      proxy.epoll_.add(socket, events, mark);
      curl_multi_assign(proxy.multi_, socket, self);
    }
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* self) {
    static_cast<Proxy*>(self)->due_ =
        milliseconds < 0 ? Clock::time_point::max() : Clock::now() + std::chrono::milliseconds(milliseconds);
    return 0;
  }

  Epoll epoll_;
  Descriptor listener_;
  const std::string upstream_;
  CURLM* multi_;
  Clock::time_point due_ = Clock::time_point::max();  // what libcurl wants to be woken at
  std::map<int, std::unique_ptr<Client>> clients_;
};

int run(int argc, char** argv) {
  CLI::App app{"Forwards GETs by a bare libcurl multi loop; prints its port"};
  std::uint16_t port = 0;
  std::string upstream;
  app.add_option("--port", port, "any free one by default");
  app.add_option("--upstream", upstream, "\"http://127.0.0.1:PORT\"")->required();
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Proxy(port, upstream).run();
  return 0;
}

}  // namespace
}  // namespace pgw::bench

int main(int argc, char** argv) {
  return pgw::bench::run_program("bench-curl-proxy", &pgw::bench::run, argc, argv);
}
