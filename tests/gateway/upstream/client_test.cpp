// The client in a worker's loop, in front of a real socket.
#include "gateway/upstream/client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <semaphore>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "gateway/edge/server.h"
#include "gateway/upstream/origin.h"
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

/// Answers each request with its own head and body as the body. A target with "close" in it is the last of its
/// connection.
void echo(Peer& peer, unsigned /*number*/) {
  for (;;) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    const std::string answer =
        ok(request, "Connection: keep-alive, X-Private\r\nX-Private: 1\r\nX-Public: 2\r\nProxy-Status: hop\r\n");
    peer.send(request.starts_with("HEAD ") ? answer.substr(0, answer.find("\r\n\r\n") + 4) : answer);
    if (request.find("close") != std::string::npos) return;
  }
}

/// Answers each request of a connection with what the test prepared, and ends.
Origin::Handler prepared(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer, unsigned) {
    if (!peer.read_request().empty()) peer.send(bytes);
  };
}

struct Answer {
  int status = 0;
  unsigned repetitions = 0;
  std::string detail;
  http::Fields fields;
  std::string body;
  std::optional<Failure> failure;
};

class Collector : public ResponseSink {
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
  void on_repetition() override { ++answer_.repetitions; }
  void on_failure(Failure failure, std::string_view detail) override {
    answer_.failure = failure;
    answer_.detail = detail;
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
  explicit Stand(const Origin& origin, const std::function<void(Target&)>& adjust = nullptr) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    server_ = std::make_unique<edge::Server>(edge::Server::Options{}, [this](loop::EventLoop& loop) {
      loop_ = &loop;
      return std::make_unique<NoHandler>();
    });
    server_->start();
    target_.base_url = origin.url() + "/v4";
    target_.ca_file = origin.ca_file();
    if (adjust) adjust(target_);
    in_loop([&] { client_ = make_client(*loop_, std::make_shared<Pool>(), std::make_shared<const Target>(target_)); });
  }
  ~Stand() {
    in_loop([this] { client_.reset(); });
    server_->stop();
  }
  Stand(const Stand&) = delete;
  Stand& operator=(const Stand&) = delete;

  Answer ask(const std::string& method, const std::string& path, std::vector<http::Field> fields = {},
             std::string body = {}) {
    auto answer = begin(method, path, 0, std::move(fields), std::move(body));
    return await(answer);
  }

  std::future<Answer> begin(const std::string& method, const std::string& path, std::size_t queue = 0,
                            std::vector<http::Field> fields = {}, std::string body = {}) {
    const auto sink = std::make_shared<Collector>();
    auto answer = sink->answer();
    OutgoingRequest request;
    request.method = method;
    request.path_and_query = path;
    request.fields = std::move(fields);
    request.body = std::move(body);
    request.queue = queue;
    in_loop([&] { last_ = client_->start(std::move(request), sink); });
    return answer;
  }

  /// In the loop: begins a request whose body is streamed.
  Client::CallId begin_upload(const std::string& method, const std::shared_ptr<ResponseSink>& sink,
                              std::optional<std::uint64_t> length) {
    OutgoingRequest request;
    request.method = method;
    request.path_and_query = "/up";
    request.streamed = true;
    request.body_length = length;
    return client_->start(std::move(request), sink);
  }

  void begin_with(const std::shared_ptr<ResponseSink>& sink) {
    OutgoingRequest request;
    request.method = "GET";
    request.path_and_query = "/x";
    in_loop([&] { last_ = client_->start(std::move(request), sink); });
  }

  /// What was begun last.
  void cancel() {
    in_loop([this] { client_->cancel(last_); });
  }

  void retarget() {
    in_loop([this] { client_->retarget(std::make_shared<const Target>(target_)); });
  }

  Client& client() { return *client_; }
  std::chrono::steady_clock::time_point turn() const { return loop_->turn_began(); }
  void call_after(std::chrono::milliseconds delay, std::function<void()> task) {
    loop_->call_after(delay, std::move(task));
  }
  Client::CallId last() const { return last_; }

  /// The sink takes no more for so long, once it has had a piece.
  Answer ask_and_hold_up(const std::string& path, std::chrono::milliseconds duration) {
    const auto sink = std::make_shared<Collector>();
    auto answer = sink->answer();
    in_loop([&] {
      OutgoingRequest request;
      request.method = "GET";
      request.path_and_query = path;
      const auto id = client_->start(std::move(request), sink);
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
  std::unique_ptr<edge::Server> server_;
  loop::EventLoop* loop_ = nullptr;
  std::shared_ptr<Client> client_;
  Target target_;
  Client::CallId last_ = 0;
};

const auto plain_and_tls = [] { return GENERATE(false, true); };

TEST_CASE("client: asks for the base path and the request's own, as they are") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  const auto answer = stand.ask("GET", "/projects/a%2Fb?q=%23x&y=../z", {{"Accept", "text/plain"}, {"X-Empty", ""}});
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with("GET /v4/projects/a%2Fb?q=%23x&y=../z HTTP/1.1\r\n"));
  CHECK(answer.body.find("\r\nAccept: text/plain\r\n") != std::string::npos);
  CHECK(answer.body.find("\r\nX-Empty:\r\n") != std::string::npos);
  CHECK(answer.body.find("\r\nHost: 127.0.0.1:" + std::to_string(upstream.port()) + "\r\n") != std::string::npos);
  CHECK(answer.body.find("User-Agent") == std::string::npos);
  CHECK(answer.body.find("\r\nAccept-Encoding: identity\r\n") != std::string::npos);
}

TEST_CASE("client: one connection does one method after another") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  for (const std::string method : {"POST", "GET", "HEAD", "DELETE", "HEAD", "PUT", "GET", "PATCH", "HEAD", "POST"}) {
    CAPTURE(method);
    const auto answer = stand.ask(method, "/x");
    CHECK(answer.status == 200);
    CHECK(answer.fields.contains("content-length"));
    CHECK((method == "HEAD" ? answer.body.empty() : answer.body.starts_with(method + " /v4/x HTTP/1.1\r\n")));
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("client: a request that is taken back in its own turn is never sent") {
  std::atomic<unsigned> asked{0};
  Origin upstream({.tls = plain_and_tls()}, [&asked](Peer& peer, unsigned) {
    for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      ++asked;
      peer.send(ok("x"));
    }
  });
  Stand stand(upstream);
  CHECK(stand.ask("GET", "/first").status == 200);
  stand.in_loop([&] {
    OutgoingRequest request;
    request.method = "GET";
    request.path_and_query = "/taken-back";
    stand.client().cancel(stand.client().start(std::move(request), std::make_shared<Collector>()));
  });
  CHECK(stand.ask("GET", "/second").status == 200);
  CHECK(asked == 2);
}

TEST_CASE("client: bodies small and large arrive whole, with their length, even of nothing") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  for (const std::string method : {"POST", "PUT", "PATCH"}) {
    CHECK(stand.ask(method, "/x").body.find("\r\nContent-Length: 0\r\n") != std::string::npos);
  }
  for (const std::size_t size : {std::size_t{1}, std::size_t{70'000}, std::size_t{9'000'000}}) {
    const std::string body(size, 'b');
    const auto answer = stand.ask("POST", "/x", {}, body);
    CHECK(answer.body.ends_with("\r\n\r\n" + body));
  }
}

TEST_CASE("client: a response that nobody should pass on is a protocol error") {
  const auto bytes = GENERATE(as<std::string>{},                                                    //
                              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: a\r\n X-B: b\r\n\r\n",  // folded
                              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: a\rX-B: b\r\n\r\n",     // bare CR
                              "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX A: a\r\n\r\n",             // no token
                              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nabcde",
                              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\nabcde",
                              "HTTP/1.1 200 OK\r\nContent-Length: 5, 3\r\n\r\nabcde",
                              "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabcde",
                              "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc",
                              "HTTP/1.1: 500\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\nabc");
  CAPTURE(bytes);
  Origin upstream({.tls = plain_and_tls()}, prepared(bytes));
  Stand stand(upstream);
  const auto answer = stand.ask("GET", "/");
  CHECK(answer.failure == Failure::protocol_error);
  CHECK(answer.status == 0);
  CHECK(answer.body.empty());
  CHECK(upstream.connections() == 1);
}

TEST_CASE("client: a head that is too large is the upstream's fault") {
  Origin upstream({.tls = plain_and_tls()},
                  prepared("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"));
  Stand stand(upstream);
  CHECK(stand.ask("GET", "/").failure == Failure::response_header_section_size);
}

TEST_CASE("client: a response that breaks off is incomplete, and is not asked for again") {
  const auto [bytes, status] = GENERATE(table<std::string, int>({
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 200},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 200},
      {"HTTP/1.1 200 OK\r\nContent-Le", 0},
  }));
  CAPTURE(bytes);
  Origin upstream({.tls = plain_and_tls()}, prepared(bytes));
  Stand stand(upstream);
  const auto answer = stand.ask("GET", "/");
  CHECK(answer.failure == Failure::response_incomplete);
  CHECK(answer.status == status);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("client: a body may last until the connection ends") {
  Origin upstream({.tls = plain_and_tls()}, prepared("HTTP/1.1 200 OK\r\n\r\n" + std::string(300'000, 'a')));
  Stand stand(upstream);
  const auto answer = stand.ask("GET", "/");
  CHECK_FALSE(answer.failure.has_value());
  CHECK(answer.body.size() == 300'000);
}

TEST_CASE("client: a transfer coding frames the body, whatever length stands beside it") {
  Origin upstream(
      {.tls = plain_and_tls()},
      prepared("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
  Stand stand(upstream);
  const auto answer = stand.ask("GET", "/");
  CHECK(answer.body == "abc");
  CHECK_FALSE(answer.fields.contains("content-length"));
}

TEST_CASE("client: the upstream's time passes while it sends, and not while the sink holds it up") {
  constexpr auto timeout = 300ms;
  const std::string half(512 * 1024, 'a');
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(2 * half.size()) + "\r\n\r\n";
  {
    Origin upstream({.tls = plain_and_tls()}, prepared(head + half + half));
    Stand stand(upstream, [&](Target& target) { target.timeout = timeout; });
    const auto answer = stand.ask_and_hold_up("/", 2 * timeout);
    CHECK_FALSE(answer.failure.has_value());
    CHECK(answer.body.size() == 2 * half.size());
  }
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned) {
    peer.read_request();
    peer.send(head + half);
    peer.read_rest();
  });
  Stand stand(upstream, [&](Target& target) { target.timeout = timeout; });
  CHECK(stand.ask("GET", "/x").failure == Failure::response_timeout);
}

TEST_CASE("client: a stream's time is bounded from byte to byte, and not as a whole") {
  static constexpr auto timeout = 300ms;
  static constexpr int events = 4;
  std::counting_semaphore<events> due(0);
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    for (int event = 0; event < events; ++event) {
      due.acquire();
      peer.send("e");
    }
    peer.read_rest();
  });
  Stand stand(upstream, [&](Target& target) {
    target.timeout = timeout;
    target.stream_idle_timeout = 2 * timeout;
  });
  class Streamer final : public Collector {
   public:
    Streamer(Stand& its_stand, std::function<void()> on_pause) : stand_(its_stand), on_pause_(std::move(on_pause)) {}
    void on_head(int status, http::Fields fields) override {
      Collector::on_head(status, std::move(fields));
      stand_.client().stream(stand_.last());
      stand_.call_after(timeout / 2, on_pause_);
    }
    bool on_body(std::string_view piece) override {
      if (++seen_ < events) stand_.call_after(timeout / 2, on_pause_);
      return Collector::on_body(piece);
    }

   private:
    Stand& stand_;
    std::function<void()> on_pause_;
    int seen_ = 0;
  };
  const auto sink = std::make_shared<Streamer>(stand, [&] { due.release(); });
  auto answer = sink->answer();
  stand.begin_with(sink);
  const auto got = Stand::await(answer);
  CHECK(got.body == "eeee");  // took twice the time that a whole exchange has
  CHECK(got.failure == Failure::response_timeout);
}

TEST_CASE("client: however much of a response there is, a turn of the loop takes little of it") {
  const std::string body(4'000'000, 'b');
  std::promise<void> has_sent;
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned) {
    peer.read_request();
    const std::string whole = ok(body);
    const std::size_t what_sockets_hold = 500'000;
    peer.send(whole.substr(0, what_sockets_hold));
    has_sent.set_value();
    peer.send(whole.substr(what_sockets_hold));
  });
  Stand stand(upstream);
  class Counter final : public Collector {
   public:
    Counter(Stand& its_stand, std::future<void> is_there) : stand_(its_stand), is_there_(std::move(is_there)) {}
    bool on_body(std::string_view piece) override {
      Collector::on_body(piece);
      if (std::exchange(turn_, stand_.turn()) != stand_.turn()) in_turn_ = 0;
      in_turn_ += piece.size();
      most_ = std::max(most_, in_turn_);
      if (is_there_.valid()) std::exchange(is_there_, {}).wait();
      return true;
    }
    std::size_t most_in_a_turn() const { return most_; }

   private:
    Stand& stand_;
    std::future<void> is_there_;
    std::chrono::steady_clock::time_point turn_;
    std::size_t in_turn_ = 0;
    std::size_t most_ = 0;
  };
  const auto sink = std::make_shared<Counter>(stand, has_sent.get_future());
  auto answer = sink->answer();
  stand.begin_with(sink);
  CHECK(Stand::await(answer).body == body);
  CHECK(sink->most_in_a_turn() <= std::size_t{3} * 64 * 1024);
}

TEST_CASE("client: fields that speak of one connection, or of hops behind it, go no further") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  const auto fields = stand.ask("GET", "/x").fields;
  CHECK_FALSE(fields.contains("connection"));
  CHECK_FALSE(fields.contains("x-private"));
  CHECK_FALSE(fields.contains("proxy-status"));
  CHECK(fields.contains("x-public"));
}

TEST_CASE("client: a connection rests between requests and is used again") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  for (int i = 0; i < 5; ++i) CHECK(stand.ask("GET", "/x").status == 200);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("client: a connection that the upstream closed while it rested is replaced") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  for (int i = 0; i < 4; ++i) {
    CHECK(stand.ask("GET", "/close").status == 200);
    CHECK(stand.ask("GET", "/x").status == 200);
  }
  CHECK(upstream.connections() == 5);
}

TEST_CASE("client: what must not be repeated is not written on a connection that has ended") {
  std::promise<void> ended;
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned number) {
    while (!peer.read_request().empty()) {
      peer.send(ok("x"));
      if (number > 1) continue;
      peer.end();
      ended.set_value();
    }
  });
  Stand stand(upstream);
  CHECK(stand.ask("GET", "/first").status == 200);
  ended.get_future().wait();
  const auto answer = stand.ask("POST", "/second");
  CHECK(answer.status == 200);
  CHECK(answer.repetitions == 0);
}

TEST_CASE("client: what comes behind a response, at once or later, is nobody's answer") {
  const bool is_late = GENERATE(false, true);
  const auto method = GENERATE(as<std::string>{}, "GET", "POST");
  std::promise<void> has_sent;
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned number) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      const std::string surplus = ok("somebody else's");
      if (number > 1) {
        peer.send(ok("its own"));
        continue;
      }
      peer.send(is_late ? ok("first") : ok("first") + surplus);
      if (is_late) peer.send(surplus);
      has_sent.set_value();
    }
  });
  Stand stand(upstream);
  CHECK(stand.ask("GET", "/first").body == "first");
  has_sent.get_future().wait();
  CHECK(stand.ask(method, "/second").body == "its own");
  CHECK(upstream.connections() == 2);
}

TEST_CASE("client: no more sends than retries allow, and only of what may be repeated") {
  const auto [method, retries, sends] = GENERATE(table<std::string, unsigned, unsigned>({
      {"GET", 0, 1},
      {"GET", 2, 3},
      {"HEAD", 2, 3},
      {"PUT", 2, 3},
      {"DELETE", 1, 2},
      {"POST", 2, 1},
      {"PATCH", 2, 1},
  }));
  CAPTURE(method, retries);
  std::atomic<unsigned> received{0};
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned) {
    if (!peer.read_request().empty()) ++received;
  });
  Stand stand(upstream, [retries = retries](Target& target) { target.retries = retries; });
  const auto answer = stand.ask(method, "/x");
  CHECK(answer.failure == Failure::connection_terminated);
  CHECK(answer.repetitions == sends - 1);
  CHECK(received == sends);
}

TEST_CASE("client: an idempotent request survives a connection that ends as it comes") {
  const auto method = GENERATE(as<std::string>{}, "GET", "PUT", "DELETE");
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned number) {
    for (int i = 0;; ++i) {
      if (peer.read_request().empty() || (number == 1 && i == 1)) return;
      peer.send(ok("x"));
    }
  });
  Stand stand(upstream);
  CHECK(stand.ask("GET", "/first").status == 200);
  const auto answer = stand.ask(method, "/second");
  CHECK(answer.status == 200);
  CHECK(answer.repetitions == 1);
}

TEST_CASE("client: what could not be connected is asked again whatever the method, and the log hears why") {
  std::uint16_t port = 0;
  {
    Origin gone({}, echo);
    port = gone.port();
  }
  Origin upstream({}, echo);
  Stand stand(upstream, [&](Target& target) { target.base_url = "http://127.0.0.1:" + std::to_string(port); });
  const auto answer = stand.ask("POST", "/x");
  CHECK(answer.failure == Failure::connection_refused);
  CHECK(answer.repetitions == 0);
  CHECK(answer.detail.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
}

TEST_CASE("client: a name that means nothing and a certificate that nobody vouches for are told as such") {
  Origin upstream({.tls = true}, echo);
  Stand unknown(upstream, [](Target& target) { target.base_url = "http://upstream.invalid"; });
  const auto answer = unknown.ask("GET", "/");
  CHECK(answer.failure == Failure::dns_error);
  CHECK(answer.detail.find("upstream.invalid") != std::string::npos);
  Stand untrusted(upstream, [](Target& target) { target.ca_file.clear(); });
  CHECK(untrusted.ask("GET", "/").failure == Failure::tls_certificate_error);
}

TEST_CASE("client: shows its certificate where the upstream wants one") {
  Origin upstream({.tls = true, .wants_certificate = true}, echo);
  Stand known(upstream, [&](Target& target) { target.client_certificate = upstream.identity_file(); });
  CHECK(known.ask("GET", "/x").status == 200);
  Stand unknown(upstream);
  const auto answer = unknown.ask("GET", "/x");
  CHECK(answer.failure.has_value());
  CHECK(answer.detail.find("127.0.0.1:" + std::to_string(upstream.port())) != std::string::npos);
}

/// Holds each request until the test lets it go.
class Gate {
 public:
  void hold(Peer& peer, unsigned) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      std::unique_lock lock(mutex_);
      order_.push_back(request.substr(request.find("/v4/") + 4, request.find(" HTTP") - request.find("/v4/") - 4));
      changed_.notify_all();
      changed_.wait(lock, [this] { return passes_ > 0; });
      --passes_;
      lock.unlock();
      peer.send(ok("x"));
    }
  }
  void let_pass(unsigned count) {
    const std::scoped_lock lock(mutex_);
    passes_ += count;
    changed_.notify_all();
  }
  void await(std::size_t requests) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return order_.size() >= requests; });
  }
  std::vector<std::string> order() {
    const std::scoped_lock lock(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned passes_ = 0;
  std::vector<std::string> order_;
};

TEST_CASE("client: waiting requests are served in their order, teams in turn, and who left is not") {
  Gate gate;
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned number) { gate.hold(peer, number); });
  Stand stand(upstream, [](Target& target) { target.max_connections = 1; });
  std::vector<std::future<Answer>> answers;
  answers.push_back(stand.begin("GET", "/a0", 1));
  gate.await(1);
  for (const std::string name : {"/a1", "/a2", "/a3", "/a4"}) answers.push_back(stand.begin("GET", name, 1));
  auto left = stand.begin("GET", "/left", 1);
  stand.cancel();
  for (const std::string name : {"/b1", "/b2"}) answers.push_back(stand.begin("GET", name, 2));
  gate.let_pass(100);
  for (auto& answer : answers) CHECK(Stand::await(answer).status == 200);
  CHECK(gate.order() == std::vector<std::string>{"a0", "a1", "b1", "a2", "b2", "a3", "a4"});
  CHECK(upstream.connections() == 1);
}

TEST_CASE("client: beyond the places to wait a request is refused, and one of a lesser team takes another's place") {
  Gate gate;
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned number) { gate.hold(peer, number); });
  Stand stand(upstream, [](Target& target) {
    target.max_connections = 1;
    target.max_waiting = 2;
  });
  auto first = stand.begin("GET", "/a0", 1);
  gate.await(1);
  auto second = stand.begin("GET", "/a1", 1);
  auto third = stand.begin("GET", "/a2", 1);
  auto refused = stand.begin("GET", "/a3", 1);
  CHECK(Stand::await(refused).failure == Failure::connection_limit_reached);
  auto other = stand.begin("GET", "/b1", 2);
  CHECK(Stand::await(third).failure == Failure::connection_limit_reached);
  gate.let_pass(100);
  CHECK(Stand::await(first).status == 200);
  CHECK(Stand::await(second).status == 200);
  CHECK(Stand::await(other).status == 200);
}

TEST_CASE("client: a dead first address hides a living one for less than half of the time to connect") {
  // On libcurl's order: 127.0.0.1 before ::1 for localhost. The dead one's backlog is full, so nothing answers.
  const int dead = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::optional<Origin> origin;
  do {  // a port that is free for the one address may be taken for the other
    origin.emplace(Origin::Options{.address = "::1"}, echo);
    address.sin_port = htons(origin->port());
  } while (bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == EADDRINUSE);
  const Origin& living = *origin;
  REQUIRE(listen(dead, 0) == 0);
  std::vector<int> fill;
  for (int i = 0; i < 4; ++i) {
    fill.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    static_cast<void>(connect(fill.back(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  }
  Stand stand(living, [&](Target& target) {
    target.base_url = living.url("localhost");
    target.connect_timeout = 4s;
  });
  const auto began = std::chrono::steady_clock::now();
  CHECK(stand.ask("GET", "/x").status == 200);
  CHECK(std::chrono::steady_clock::now() - began < 2s);
  for (const int socket : fill) ::close(socket);
  ::close(dead);
}

TEST_CASE("client: a connection takes no more requests once it is too old, or made for an older target") {
  Origin upstream({.tls = plain_and_tls()}, echo);
  {
    Stand stand(upstream, [](Target& target) { target.max_connection_age = 1ms; });
    for (int i = 0; i < 3; ++i) {
      CHECK(stand.ask("GET", "/x").status == 200);
      stand.in_loop([] { std::this_thread::sleep_for(2ms); });
    }
    CHECK(upstream.connections() == 3);
  }
  Stand stand(upstream);
  CHECK(stand.ask("GET", "/x").status == 200);
  CHECK(stand.ask("GET", "/x").status == 200);
  stand.retarget();
  CHECK(stand.ask("GET", "/x").status == 200);
  CHECK(upstream.connections() == 5);
}

TEST_CASE("client: connects to a unix socket in place of the URL's host") {
  const std::string path = "/tmp/pgw-upstream-" + std::to_string(getpid());
  Origin upstream({.unix_socket = path}, echo);
  Stand stand(upstream, [&](Target& target) {
    target.base_url = "http://api.example/v4";
    target.unix_socket = path;
  });
  CHECK(stand.ask("GET", "/x").body.find("\r\nHost: api.example\r\n") != std::string::npos);
}

TEST_CASE("client: asks a proxy for a tunnel, and tells why there is none") {
  Origin proxy({}, [](Peer& peer, unsigned number) {
    const std::string asked = peer.read_request();
    if (!asked.starts_with("CONNECT api.example:80 ") || number > 1) {
      return peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    echo(peer, number);
  });
  Stand stand(proxy, [&](Target& target) {
    target.base_url = "http://api.example/v4";
    target.proxy = proxy.url();
    target.retries = 0;
  });
  CHECK(stand.ask("GET", "/close").body.starts_with("GET /v4/close HTTP/1.1\r\nHost: api.example\r\n"));
  const auto answer = stand.ask("GET", "/x");
  CHECK(answer.failure == Failure::connection_refused);
  CHECK(answer.detail.find("403") != std::string::npos);
}

TEST_CASE("client: a streamed body goes up as it comes") {
  const bool has_length = GENERATE(true, false);
  std::promise<std::string> seen;
  Origin upstream({.tls = plain_and_tls()}, [&](Peer& peer, unsigned) {
    std::string rest = peer.read_request();
    peer.send(ok("early", "Connection: close\r\n"));
    seen.set_value(rest + peer.read_rest());
  });
  Stand stand(upstream);
  const auto sink = std::make_shared<Collector>();
  auto answer = sink->answer();
  Client::CallId id = 0;
  stand.in_loop([&] {
    id = stand.begin_upload("POST", sink, has_length ? std::optional<std::uint64_t>(6) : std::nullopt);
    CHECK(stand.client().write_body(id, "abc"));
  });
  stand.in_loop([&] {
    CHECK(stand.client().write_body(id, "def"));
    stand.client().end_body(id);
  });
  CHECK(Stand::await(answer).body == "early");
  const std::string whole = seen.get_future().get();
  CHECK((has_length ? whole.ends_with("\r\n\r\nabcdef") : whole.find("\r\n0\r\n\r\n") != std::string::npos));
}

TEST_CASE("client: a streamed body is sent again with its request as long as all of it is there") {
  const auto [method, size, sends] = GENERATE(table<std::string, std::size_t, unsigned>({
      {"PUT", 10, 3},
      {"PUT", 400'000, 1},
      {"POST", 10, 1},
  }));
  CAPTURE(method, size);
  const std::string body(size, 'b');
  Origin upstream({.tls = plain_and_tls()}, [](Peer& peer, unsigned number) {
    const std::string request = peer.read_request();
    if (number == 3) peer.send(ok(request));
  });
  Stand stand(upstream);
  const auto sink = std::make_shared<Collector>();
  auto answer = sink->answer();
  stand.in_loop([&, &method = method] {
    const auto id = stand.begin_upload(method, sink, body.size());
    stand.client().write_body(id, body);
    stand.client().end_body(id);
  });
  const auto got = Stand::await(answer);
  CHECK(upstream.connections() == sends);
  CHECK((sends == 3 ? got.body.ends_with("\r\n\r\n" + body) : got.failure == Failure::connection_terminated));
}

TEST_CASE("client: the upstream's time stands still while the rest of a streamed body is awaited") {
  constexpr auto timeout = 200ms;
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream, [&](Target& target) { target.timeout = timeout; });
  const auto sink = std::make_shared<Collector>();
  auto answer = sink->answer();
  stand.in_loop([&] {
    const auto id = stand.begin_upload("POST", sink, 6);
    stand.client().write_body(id, "abc");
    stand.call_after(2 * timeout, [&stand, id] {
      stand.client().write_body(id, "def");
      stand.client().end_body(id);
    });
  });
  CHECK(Stand::await(answer).body.ends_with("abcdef"));
}

TEST_CASE("client: an upstream that takes no more of a streamed body holds it up, and has no more than its time") {
  static constexpr std::size_t whole = std::size_t{64} * 1024 * 1024;
  class Uploader final : public Collector {
   public:
    explicit Uploader(Stand& its_stand) : stand_(its_stand) {}
    void begin(const std::shared_ptr<Uploader>& self) {
      id_ = stand_.begin_upload("POST", self, std::nullopt);
      on_writable();
    }
    void on_writable() override {
      while (taken < whole && stand_.client().write_body(id_, piece_)) taken += piece_.size();
    }
    std::size_t taken = 0;

   private:
    Stand& stand_;
    Client::CallId id_ = 0;
    const std::string piece_ = std::string(64 * 1024, 'b');
  };
  std::promise<void> over;
  Origin upstream({.tls = plain_and_tls()}, [end = over.get_future().share()](Peer& peer, unsigned) {
    peer.read_request();
    end.wait();
  });
  Stand stand(upstream, [&](Target& target) { target.timeout = 300ms; });
  const auto sink = std::make_shared<Uploader>(stand);
  auto answer = sink->answer();
  stand.in_loop([&] { sink->begin(sink); });
  CHECK(Stand::await(answer).failure == Failure::response_timeout);
  CHECK(sink->taken < whole);
  over.set_value();
}

TEST_CASE("client: what a sink throws ends its call and nothing else") {
  class Thrower final : public ResponseSink {
   public:
    std::promise<Failure> failure;
    void on_head(int, http::Fields) override { throw std::runtime_error("no memory, say"); }
    bool on_body(std::string_view) override { return true; }
    void on_end() override {}
    void on_failure(Failure why, std::string_view) override {
      failure.set_value(why);
      throw std::runtime_error("again");
    }
  };
  Origin upstream({.tls = plain_and_tls()}, echo);
  Stand stand(upstream);
  const auto sink = std::make_shared<Thrower>();
  OutgoingRequest request;
  request.method = "GET";
  request.path_and_query = "/x";
  stand.in_loop([&] { stand.client().start(std::move(request), sink); });
  CHECK(sink->failure.get_future().get() == Failure::internal_error);
  CHECK(stand.ask("GET", "/x").status == 200);
}

}  // namespace
}  // namespace pgw::upstream
