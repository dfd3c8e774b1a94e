// The client in a worker's loop, in front of a real socket.
#include "gateway/upstream/client.h"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "gateway/edge/server.h"
#include "support/catch.h"

namespace pgw::upstream {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;

class NoHandler final : public http::RequestHandler {
  void on_head(const std::shared_ptr<http::Exchange>&) override {}
  void on_request(const std::shared_ptr<http::Exchange>&) override {}
  void on_rejected(const std::shared_ptr<http::Exchange>&, const http::Malformation&) override {}
};

/// Answers each request with its own head as the body, or with what the test prepared. A target with "close" in it is
/// the last of its connection.
class EchoUpstream {
 public:
  explicit EchoUpstream(std::string prepared = {})
      : prepared_(std::move(prepared)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~EchoUpstream() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  EchoUpstream(const EchoUpstream&) = delete;
  EchoUpstream& operator=(const EchoUpstream&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v4"; }
  unsigned connections() const { return connections_; }

 private:
  void serve() {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (;;) {
      poll(watched.data(), watched.size(), -1);
      for (std::size_t i = watched.size(); i-- > 1;) {
        if (watched[i].revents == 0 || answer(watched[i].fd)) continue;
        ::close(watched[i].fd);
        watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (watched[0].revents == 0) continue;
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) break;  // shut down by the destructor
      ++connections_;
      watched.push_back({connection, POLLIN, 0});
    }
    for (std::size_t i = 1; i < watched.size(); ++i) ::close(watched[i].fd);
  }

  bool answer(int connection) const {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (recv(connection, &byte, 1, 0) != 1) return false;
      head += byte;
    }
    const std::string echo =
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nX-Public: 2\r\nContent-Length: " +
        std::to_string(head.size()) + "\r\n\r\n" + (head.starts_with("HEAD ") ? "" : head);
    const std::string& answer = prepared_.empty() ? echo : prepared_;
    send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    return head.find("close") == std::string::npos;
  }

  const std::string prepared_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<unsigned> connections_{0};
  std::thread thread_;
};

struct Answer {
  int status = 0;
  http::Fields fields;
  std::string body;
  std::optional<Failure> failure;
};

class Collector final : public ResponseSink {
 public:
  std::future<Answer> answer() { return promise_.get_future(); }

  /// Takes no more after its first piece, and says so.
  void hold_up(std::function<void()> says_so) { holds_up_ = std::move(says_so); }

  void on_head(int status, http::Fields fields) override {
    answer_.status = status;
    answer_.fields = std::move(fields);
  }
  bool on_body(std::string_view piece) override {
    answer_.body += piece;
    const auto says_so = std::exchange(holds_up_, nullptr);
    if (says_so) says_so();
    return !says_so;
  }
  void on_end() override { promise_.set_value(std::move(answer_)); }
  void on_failure(Failure failure, std::string_view /*detail*/) override {
    answer_.failure = failure;
    promise_.set_value(std::move(answer_));
  }

 private:
  Answer answer_;
  std::function<void()> holds_up_;
  std::promise<Answer> promise_;
};

/// A client in the loop of a server that has nothing else to do.
class Stand {
 public:
  explicit Stand(std::string base_url, std::chrono::milliseconds timeout = 30s) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    server_ = std::make_unique<edge::Server>(edge::Server::Options{}, [this](loop::EventLoop& loop) {
      loop_ = &loop;
      return std::make_unique<NoHandler>();
    });
    server_->start();
    Target target;
    target.base_url = std::move(base_url);
    target.timeout = timeout;
    in_loop([&] { client_ = make_client(*loop_, std::move(target)); });
  }
  ~Stand() {
    in_loop([this] { client_.reset(); });
    server_->stop();
  }
  Stand(const Stand&) = delete;
  Stand& operator=(const Stand&) = delete;

  Answer ask(const std::string& method, const std::string& path, std::vector<http::Field> fields = {}) {
    const auto sink = std::make_shared<Collector>();
    auto answer = sink->answer();
    in_loop([&] { start(method, path, std::move(fields), sink); });
    return await(answer);
  }

  /// The sink takes no more for so long, once it has had a piece.
  Answer ask_and_hold_up(const std::string& path, std::chrono::milliseconds duration) {
    const auto sink = std::make_shared<Collector>();
    auto answer = sink->answer();
    in_loop([&] {
      const auto id = start("GET", path, {}, sink);
      sink->hold_up([=, this] { loop_->call_after(duration, [=, this] { client_->resume(id); }); });
    });
    return await(answer);
  }

  static Answer await(std::future<Answer>& answer) {
    if (answer.wait_for(patience) != std::future_status::ready) throw std::runtime_error("no answer");
    return answer.get();
  }

  template <typename Call>
  void in_loop(Call call) {
    std::promise<void> done;
    loop_->post([&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  Client::CallId start(const std::string& method, const std::string& path, std::vector<http::Field> fields,
                       const std::shared_ptr<Collector>& sink) {
    OutgoingRequest request;
    request.method = method;
    request.path_and_query = path;
    request.fields = std::move(fields);
    request.repeatable = method == "GET";
    return client_->start(std::move(request), sink);
  }

  std::unique_ptr<edge::Server> server_;
  loop::EventLoop* loop_ = nullptr;
  std::shared_ptr<Client> client_;
};

TEST_CASE("client: asks for the base path and the request's own, as they are") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  const auto answer = stand.ask("GET", "/projects/a%2Fb?q=%23x&y=../z", {{"Accept", "text/plain"}, {"X-Empty", ""}});
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with("GET /v4/projects/a%2Fb?q=%23x&y=../z HTTP/1.1\r\n"));
  CHECK(answer.body.find("\r\nAccept: text/plain\r\n") != std::string::npos);
  CHECK(answer.body.find("\r\nX-Empty:\r\n") != std::string::npos);
  CHECK(answer.body.find("User-Agent") == std::string::npos);
}

TEST_CASE("client: a handle that did one method does another") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  for (const std::string method : {"POST", "GET", "HEAD", "DELETE", "HEAD", "PUT", "GET", "PATCH", "HEAD", "POST"}) {
    CAPTURE(method);
    const auto answer = stand.ask(method, "/x");
    CHECK(answer.status == 200);
    CHECK(answer.fields.contains("content-length"));
    CHECK((method == "HEAD" ? answer.body.empty() : answer.body.starts_with(method + " /v4/x HTTP/1.1\r\n")));
  }
}

TEST_CASE("client: a method with content has a length, even of nothing") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  for (const std::string method : {"POST", "PUT", "PATCH"}) {
    CHECK(stand.ask(method, "/x").body.find("\r\nContent-Length: 0\r\n") != std::string::npos);
  }
}

TEST_CASE("client: a response that nobody should pass on is a protocol error") {
  const auto prepared = GENERATE(as<std::string>{},                                                    //
                                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: a\r\n X-B: b\r\n\r\n",  // folded
                                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: a\rX-B: b\r\n\r\n",     // bare CR
                                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX A: a\r\n\r\n",             // no token
                                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nabcde",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\nabcde",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 5, 3\r\n\r\nabcde",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc",
                                 "HTTP/1.1 101 Switching Protocols\r\n\r\nabc");
  CAPTURE(prepared);
  EchoUpstream upstream(prepared);
  Stand stand(upstream.url());
  const auto answer = stand.ask("GET", "/close");
  CHECK(answer.failure == Failure::protocol_error);
  CHECK(answer.status == 0);
  CHECK(answer.body.empty());
}

TEST_CASE("client: a transfer coding frames the body, whatever length stands beside it") {
  EchoUpstream upstream(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  Stand stand(upstream.url());
  const auto answer = stand.ask("GET", "/close");
  CHECK(answer.body == "abc");
  CHECK_FALSE(answer.fields.contains("content-length"));
}

TEST_CASE("client: asks for no compression, which would hide what must be looked for") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  CHECK(stand.ask("GET", "/x").body.find("\r\nAccept-Encoding: identity\r\n") != std::string::npos);
}

TEST_CASE("client: the upstream's time passes while it sends, and not while the sink holds it up") {
  constexpr auto timeout = 300ms;
  const std::string half(512 * 1024, 'a');
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(2 * half.size()) + "\r\n\r\n";
  {
    EchoUpstream upstream(head + half + half);
    Stand stand(upstream.url(), timeout);
    const auto answer = stand.ask_and_hold_up("/close", 2 * timeout);
    CHECK_FALSE(answer.failure.has_value());
    CHECK(answer.body.size() == 2 * half.size());
  }
  EchoUpstream upstream(head + half);
  Stand stand(upstream.url(), timeout);
  CHECK(stand.ask("GET", "/x").failure == Failure::response_timeout);
}

TEST_CASE("client: fields that speak of one connection go no further") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  const auto fields = stand.ask("GET", "/x").fields;
  CHECK_FALSE(fields.contains("connection"));
  CHECK_FALSE(fields.contains("x-private"));
  CHECK(fields.contains("x-public"));
}

TEST_CASE("client: a connection rests between requests and is used again") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  for (int i = 0; i < 5; ++i) CHECK(stand.ask("GET", "/x").status == 200);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("client: a connection that the upstream closed while it rested is replaced") {
  EchoUpstream upstream;
  Stand stand(upstream.url());
  for (int i = 0; i < 4; ++i) {
    CHECK(stand.ask("GET", "/close").status == 200);
    CHECK(stand.ask("GET", "/x").status == 200);
  }
  CHECK(upstream.connections() == 5);
}

}  // namespace
}  // namespace pgw::upstream
