// The upstream of every contender: one thread, one epoll, ready-made bytes. What it answers depends on the name of the
// project, so that the same origin serves every row:
//   /v4/projects/pr_...   200, the project, fresh for an hour, with an ETag
//   /v4/projects/ns_...   200, the project, never to be stored
//   /v4/projects/nv_...   200, never to be stored, and another project each time
//   /v4/projects/xl_...   200, 16 MiB, never to be stored
//   /v4/projects/sl_...   as ns_..., two seconds later
//   /v4/projects/br_.../active-config   no answer: the connection ends
//   POST anything         201, the other body, never to be stored
// Called directly it is also the floor of every row: no server can answer these bytes with less.
#include <chrono>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>

#include <CLI/CLI.hpp>

#include "http_bytes.h"
#include "program.h"
#include "sockets.h"

namespace pgw::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t large_body_bytes = std::size_t{16} * 1024 * 1024;
constexpr std::uint64_t listener_mark = 0;
constexpr std::chrono::seconds slowness{2};

/// The time of the start: nothing that runs for an hour is measured. A Date of another time would make every response
/// old.
std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::string response(std::string_view status, std::string_view fields, const std::string& body) {
  std::string bytes = "HTTP/1.1 ";
  bytes += status;
  bytes += "\r\nDate: " + date_now() + "\r\nContent-Type: application/json\r\n";
  bytes += fields;
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return bytes + body;
}

struct Responses {
  Responses(const std::string& project, const std::string& created)
      : storable(response("200 OK", "Cache-Control: max-age=3600\r\nETag: \"bench-1\"\r\n", project)),
        passing(response("200 OK", "Cache-Control: no-store\r\n", project)),
        varying(passing),
        varying_at(varying.find("pr_") + 3),
        large(response("200 OK", "Cache-Control: no-store\r\n", std::string(large_body_bytes, ' '))),
        made(response("201 Created", "Cache-Control: no-store\r\n", created)) {}

  const std::string& to(std::string_view head) {
    if (head.starts_with("POST ")) return made;
    const auto target = target_of(head);
    const auto name = target.substr(target.rfind('/') + 1);
    if (name.starts_with("ns_") || name.starts_with("sl_")) return passing;
    if (name.starts_with("nv_")) return another();
    if (name.starts_with("xl_")) return large;
    return storable;
  }

  /// Counts in the first letters of the project's id.
  const std::string& another() {
    for (std::size_t digit = varying_at; digit < varying_at + 8; ++digit) {
      varying[digit] = varying[digit] >= 'a' && varying[digit] < 'z' ? static_cast<char>(varying[digit] + 1) : 'a';
      if (varying[digit] != 'a') break;
    }
    return varying;
  }

  std::string storable;
  std::string passing;
  std::string varying;
  std::size_t varying_at;
  std::string large;
  std::string made;
};

struct Client {
  Descriptor socket;
  std::string received;
  std::string_view unsent;  // of a response; those don't move
  bool waits_for_room = false;
};

class Origin {
 public:
  Origin(std::uint16_t port, std::chrono::milliseconds delay, Responses responses)
      : listener_(listen_on(port)), delay_(delay), responses_(std::move(responses)) {
    epoll_.add(listener_.get(), EPOLLIN, listener_mark);
    std::cout << port_of(listener_) << std::endl;
  }

  void run() {
    for (;;) {
      for (const epoll_event& event : epoll_.wait(wait_time())) {
        if (event.data.u64 == listener_mark) {
          accept_all();
        } else if (const auto it = clients_.find(static_cast<int>(event.data.u64)); it != clients_.end()) {
          if (!serve(*it->second, event.events)) clients_.erase(it);
        }
      }
      answer_delayed();
    }
  }

 private:
  struct Delayed {
    std::weak_ptr<Client> client;
    std::string_view bytes;
  };

  int wait_time() const {
    if (delayed_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(delayed_.begin()->first - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
  }

  void accept_all() {
    while (Descriptor socket = accept_from(listener_)) {
      const int fd = socket.get();
      epoll_.add(fd, EPOLLIN, static_cast<std::uint64_t>(fd));
      clients_[fd] = std::make_shared<Client>(Client{std::move(socket), {}, {}, false});
    }
  }

  /// False: the client has gone.
  bool serve(Client& client, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !flush(client)) return false;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return true;
    char buffer[64 * 1024];
    const auto size = recv(client.socket.get(), buffer, sizeof buffer, 0);
    if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
    // Almost always a whole request is in the buffer and nothing else: no copy is made then.
    if (client.received.empty()) return take(client, {buffer, static_cast<std::size_t>(size)});
    client.received.append(buffer, static_cast<std::size_t>(size));
    const std::string all = std::move(client.received);
    client.received.clear();
    return take(client, all);
  }

  bool take(Client& client, std::string_view bytes) {
    const auto message = message_in(bytes);
    if (!message || bytes.size() < message->size()) {
      client.received = bytes;
      return true;
    }
    // One request at a time: no contender pipelines upstream.
    if (bytes.size() > message->size()) throw std::runtime_error("a request before the answer to the one before");
    if (message->head.find("/br_") != std::string_view::npos) return false;
    const std::string_view answer = responses_.to(message->head);
    const auto delay = message->head.find("/sl_") == std::string_view::npos ? delay_ : delay_ + slowness;
    if (delay.count() > 0) {
      delayed_.insert({Clock::now() + delay, {clients_.at(client.socket.get()), answer}});
      return true;
    }
    client.unsent = answer;
    return flush(client);
  }

  void answer_delayed() {
    while (!delayed_.empty() && delayed_.begin()->first <= Clock::now()) {
      const auto [weak, bytes] = delayed_.extract(delayed_.begin()).mapped();
      const auto client = weak.lock();
      if (client == nullptr) continue;
      client->unsent = bytes;
      if (!flush(*client)) clients_.erase(client->socket.get());
    }
  }

  bool flush(Client& client) {
    while (!client.unsent.empty()) {
      const auto sent = send(client.socket.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent < 0) break;
      client.unsent.remove_prefix(static_cast<std::size_t>(sent));
    }
    const bool wait = !client.unsent.empty();
    if (wait != client.waits_for_room) {
      const int fd = client.socket.get();
      epoll_.change(fd, wait ? EPOLLIN | EPOLLOUT : EPOLLIN, static_cast<std::uint64_t>(fd));
      client.waits_for_room = wait;
    }
    return true;
  }

  Epoll epoll_;
  Descriptor listener_;
  const std::chrono::milliseconds delay_;
  Responses responses_;
  std::map<int, std::shared_ptr<Client>> clients_;
  std::multimap<Clock::time_point, Delayed> delayed_;  // by when they are due
};

int run(int argc, char** argv) {
  CLI::App app{"An upstream that answers at once, always the same; prints its port"};
  std::uint16_t port = 0;
  int delay = 0;
  std::string project;
  std::string created;
  app.add_option("--port", port, "any free one by default");
  app.add_option("--delay", delay, "milliseconds before each answer");
  app.add_option("--project", project, "the body of a project")->required();
  app.add_option("--created", created, "the body that answers a POST")->required();
  CLI11_PARSE(app, argc, argv);
  Origin(port, std::chrono::milliseconds(delay), Responses(content_of(project), content_of(created))).run();
  return 0;
}

}  // namespace
}  // namespace pgw::bench

int main(int argc, char** argv) {
  return pgw::bench::run_program("bench-origin", &pgw::bench::run, argc, argv);
}
