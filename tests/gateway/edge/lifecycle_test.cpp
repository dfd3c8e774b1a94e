// Servers begin, reload, drain and end.
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/server.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

using namespace std::chrono_literals;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

http::HandlerFactory no_handlers() {
  return
      [](loop::EventLoop&) -> std::unique_ptr<http::RequestHandler> { throw std::runtime_error("no handler today"); };
}

TEST_CASE("an address that is taken is named in the error") {
  TestServer server;
  Server::Options options;
  options.port = server.port();
  Server second(options, no_handlers());
  const std::string message = message_of([&] { second.bind(); });
  CHECK(message.find("127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
  CHECK(message.find("in use") != std::string::npos);
  CHECK(second.port() == 0);
}

TEST_CASE("an address that isn't one is named in the error") {
  Server::Options options;
  options.host = "256.0.0.1";
  Server server(options, no_handlers());
  CHECK(message_of([&] { server.start(); }).find("256.0.0.1") != std::string::npos);
}

TEST_CASE("a server that is bound only has its port, and accepts when started") {
  Server::Options options;
  auto server = std::make_unique<Server>(options, no_handlers());
  server->bind();
  const std::uint16_t port = server->port();
  CHECK(port != 0);
  RawClient waiting(port);
  CHECK(waiting.is_quiet());
  CHECK(message_of([&] { server->start(); }) == "no handler today");
  server.reset();
  CHECK_THROWS(RawClient(port));
}

TEST_CASE("stopping ends every connection and destroys the handlers in their threads") {
  TestServer server({}, 2);
  RawClient idle(server.port());
  CHECK(idle.ask(get("/echo")).status == 200);
  RawClient busy(server.port());
  busy.send(get("/hold?a"));
  server.journal().await("held a");
  server->stop();
  CHECK(idle.is_closed_by_server());
  CHECK(busy.is_closed_by_server());
  CHECK(server.journal().count("gone") == 1);
  CHECK(server.journal().count("handler destroyed") == 2);
  CHECK(server->open_connections() == 0);
  server->stop();
}

TEST_CASE("draining closes idle connections, finishes busy ones and listens no more") {
  TestServer server;
  RawClient idle(server.port());
  CHECK(idle.ask(get("/echo")).status == 200);
  RawClient busy(server.port());
  busy.send(get("/hold?a"));
  server.journal().await("held a");
  RawClient reading(server.port(), 4096);
  reading.send(get("/sized/10000000"));
  server.journal().await("request", 3);

  auto drained = std::async(std::launch::async, [&] { server->drain(patience); });
  CHECK(idle.is_closed_by_server());
  CHECK_THROWS(RawClient(server.port()));
  CHECK(drained.wait_for(0s) == std::future_status::timeout);

  server.release("a");
  const Response response = busy.receive();
  CHECK(response.body == "a");
  CHECK(response.field("connection") == "close");
  CHECK(busy.is_closed_by_server());
  CHECK(reading.receive().body.size() == 10'000'000);
  CHECK(reading.is_closed_by_server());  // though its response began when nobody thought of draining
  busy.reset();
  reading.reset();
  drained.get();
  CHECK(server->open_connections() == 0);
}

TEST_CASE("a server that winds down serves everything, and each response is its connection's last") {
  TestServer server;
  RawClient idle(server.port());
  CHECK_FALSE(idle.ask(get("/echo")).has("connection"));
  server->wind_down();
  RawClient next(server.port());
  const Response response = next.ask(get("/echo"));
  CHECK(response.status == 200);
  CHECK(response.field("connection") == "close");
  CHECK(next.is_closed_by_server());
  CHECK(idle.ask(get("/echo")).field("connection") == "close");
  CHECK(idle.is_closed_by_server());
  CHECK_FALSE(idle.was_reset());
}

TEST_CASE("a drain that is hurried ends at once") {
  TestServer server;
  RawClient busy(server.port());
  busy.send(get("/hold?a"));
  server.journal().await("held a");
  int asked = 0;
  server->drain(patience, [&] { return ++asked == 3; });
  CHECK(asked == 3);
  CHECK(server->open_connections() == 1);
}

TEST_CASE("draining gives up at its deadline") {
  TestServer server;
  RawClient busy(server.port());
  busy.send(get("/hold?a"));
  server.journal().await("held a");
  server->drain(30ms);
  CHECK(server->open_connections() == 1);
  server->stop();
  CHECK(busy.is_closed_by_server());
}

TEST_CASE("another server may take the address while one drains") {
  TestServer server;
  RawClient busy(server.port());
  busy.send(get("/hold?a"));
  server.journal().await("held a");
  server->drain(0ms);
  Server::Options options;
  options.port = server.port();
  Server next(options, no_handlers());
  CHECK_NOTHROW(next.bind());
}

TEST_CASE("connections leave the descriptors that are reserved, but a quarter is theirs") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{400, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  TestServer server;
  TestServer bounded({}, 1, 3);
  CHECK(server->reserve_descriptors(150) == 250);
  CHECK(server->reserve_descriptors(390) == 100);
  CHECK(server->reserve_descriptors(100'000) == 100);
  CHECK(bounded->reserve_descriptors(150) == 3);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("many clients on several workers are all served") {
  TestServer server({}, 3);
  std::vector<std::future<int>> results;
  results.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    results.push_back(std::async(std::launch::async, [&server, thread] {
      int good = 0;
      for (int connection = 0; connection < 20; ++connection) {
        RawClient client(server.port());
        for (int i = 0; i < 20; ++i) {
          const std::string query = std::to_string(thread) + "-" + std::to_string(connection) + "-" + std::to_string(i);
          client.send(get("/later?" + query) + post("/echo", query));
          good += client.receive().body == query ? 1 : 0;
          good += client.receive().body.find("body=" + query) != std::string::npos ? 1 : 0;
        }
      }
      return good;
    }));
  }
  for (auto& result : results) CHECK(result.get() == 20 * 20 * 2);
}

TEST_CASE("clients that come and go while a server stops are never left hanging") {
  for (int round = 0; round < 5; ++round) {
    auto server = std::make_unique<TestServer>(http::Limits{}, 2U);
    const std::uint16_t port = server->port();
    std::atomic<bool> go{true};
    std::atomic<int> served{0};
    std::vector<std::thread> threads;
    threads.reserve(2);
    for (int thread = 0; thread < 2; ++thread) {
      threads.emplace_back([&] {
        while (go) {
          try {
            RawClient client(port);
            if (client.ask(get("/echo")).status == 200) ++served;
          } catch (const std::runtime_error&) {
            return;  // refused: the server is gone
          }
        }
      });
    }
    server->journal().await("finished 200", 20);
    server.reset();
    go = false;
    for (auto& thread : threads) thread.join();
    CHECK(served >= 18);
  }
}

TEST_CASE("an exchange that is over serves the next request, also of another connection") {
  class Answer final : public http::RequestHandler {
   public:
    void on_head(const std::shared_ptr<http::Exchange>&) override {}
    void on_request(const std::shared_ptr<http::Exchange>& exchange) override {
      const auto address = reinterpret_cast<std::uintptr_t>(exchange.get());
      exchange->respond({200, ""}, std::make_shared<const std::string>(std::to_string(address)));
    }
    void on_rejected(const std::shared_ptr<http::Exchange>&, const http::Malformation&) override {}
  };
  Server server({}, [](loop::EventLoop&) { return std::make_unique<Answer>(); });
  server.start();
  RawClient first(server.port());
  RawClient second(server.port());
  const std::string address = first.ask(get("/")).body;
  CHECK(first.ask(get("/")).body == address);
  CHECK(second.ask(get("/")).body == address);
}

}  // namespace
}  // namespace pgw::edge::test
