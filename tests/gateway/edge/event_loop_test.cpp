// The loop as the rest of the gateway uses it: timers, sockets and tasks in a worker of a running server.
#include "gateway/loop/event_loop.h"

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

using namespace std::chrono_literals;

class NoHandler final : public http::RequestHandler {
  void on_head(const std::shared_ptr<http::Exchange>&) override {}
  void on_request(const std::shared_ptr<http::Exchange>&) override {}
  void on_rejected(const std::shared_ptr<http::Exchange>&, const http::Malformation&) override {}
};

// A server that is nothing but its loops.
class Loops {
 public:
  explicit Loops(unsigned workers = 1) {
    Server::Options options;
    options.workers = workers;
    server_ = std::make_unique<Server>(options, [this](loop::EventLoop& loop) {
      const std::lock_guard lock(mutex_);
      loops_.push_back(&loop);
      return std::make_unique<NoHandler>();
    });
    server_->start();
  }

  loop::EventLoop& operator[](std::size_t index) { return *loops_.at(index); }
  Server& server() { return *server_; }

 private:
  std::mutex mutex_;
  std::vector<loop::EventLoop*> loops_;
  std::unique_ptr<Server> server_;
};

// Runs in the loop's thread and waits for what it returns.
template <typename Call>
auto in_loop(loop::EventLoop& loop, Call call) {
  using Result = decltype(call());
  auto task = std::make_shared<std::packaged_task<Result()>>(std::move(call));
  auto result = task->get_future();
  loop.post([task] { (*task)(); });
  if (result.wait_for(patience) != std::future_status::ready) throw std::runtime_error("the loop does not run");
  return result.get();
}

TEST_CASE("tasks run in the loop's thread, in the order they were posted by a thread") {
  Loops loops;
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) loops[0].post([&order, i] { order.push_back(i); });
  CHECK(in_loop(loops[0], [&] { return loops[0].in_loop_thread(); }));
  CHECK_FALSE(loops[0].in_loop_thread());
  REQUIRE(order.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("tasks of many threads all run, and tasks may post tasks") {
  Loops loops;
  int ran = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) loops[0].post([&] { loops[0].post([&] { ++ran; }); });
    });
  }
  for (auto& thread : threads) thread.join();
  in_loop(loops[0], [] { return 0; });  // behind the outer tasks
  CHECK(in_loop(loops[0], [&] { return ran; }) == 2000);
}

TEST_CASE("what waits for the turn's end runs once, after the tasks of the turn, and may add to it") {
  Loops loops;
  std::string ran;
  in_loop(loops[0], [&] {
    loops[0].post([&] {
      loops[0].at_turn_end([&] {
        ran += 'c';
        for (int i = 0; i < 100; ++i) loops[0].at_turn_end([&] { ran += 'd'; });
      });
      ran += 'a';
    });
    loops[0].post([&] { ran += 'b'; });
    return 0;
  });
  in_loop(loops[0], [] { return 0; });  // perhaps in the same turn; what is posted after it isn't
  CHECK(in_loop(loops[0], [&] { return ran; }) == "abc" + std::string(100, 'd'));
  CHECK(in_loop(loops[0], [&] { return ran.size(); }) == 103);
}

TEST_CASE("workers have numbers and threads of their own") {
  Loops loops(3);
  std::vector<std::thread::id> threads;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    threads.push_back(in_loop(loops[i], [] { return std::this_thread::get_id(); }));
    sum += loops[i].worker();
  }
  CHECK(sum == 0 + 1 + 2);
  CHECK(threads[0] != threads[1]);
  CHECK(threads[1] != threads[2]);
}

TEST_CASE("timers run after their delay and not before, in the order of their times") {
  Loops loops;
  std::promise<void> done;
  std::string ran;
  const auto began = loop::EventLoop::Clock::now();
  in_loop(loops[0], [&] {
    loops[0].call_after(20ms, [&] {
      ran += 'b';
      done.set_value();
    });
    loops[0].call_after(10ms, [&] { ran += 'a'; });
    const auto never = loops[0].call_after(5ms, [&] { ran += 'x'; });
    loops[0].cancel(never);
    return 0;
  });
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
  CHECK(loop::EventLoop::Clock::now() - began >= 20ms);
  CHECK(ran == "ab");
}

TEST_CASE("a timer without delay runs soon and never inside the call") {
  Loops loops;
  std::promise<bool> done;
  in_loop(loops[0], [&] {
    auto inside = std::make_shared<bool>(true);
    loops[0].call_after(0ms, [&, inside] { done.set_value(*inside); });
    *inside = false;
    return 0;
  });
  auto inside = done.get_future();
  REQUIRE(inside.wait_for(patience) == std::future_status::ready);
  CHECK_FALSE(inside.get());
}

TEST_CASE("a timer that arms itself again and again starves nobody") {
  Loops loops;
  auto again = std::make_shared<std::function<void()>>();
  bool stop = false;
  in_loop(loops[0], [&] {
    *again = [&, again = std::weak_ptr(again)] {
      if (const auto self = again.lock(); self && !stop) loops[0].call_after(0ms, *self);
    };
    (*again)();
    return 0;
  });
  for (int i = 0; i < 10; ++i) in_loop(loops[0], [] { return 0; });
  in_loop(loops[0], [&] { return stop = true; });
}

TEST_CASE("a flood of tasks leaves timers their turn") {
  Loops loops;
  constexpr std::size_t flood = 4 * loop::EventLoop::tasks_per_turn;
  std::size_t ran = 0;
  std::promise<std::size_t> ran_before_timer;
  std::promise<void> all_ran;
  // Posted from the loop itself, so that all wait in the mailbox before the first one runs.
  in_loop(loops[0], [&] {
    for (std::size_t i = 0; i < flood; ++i) {
      loops[0].post([&] {
        if (++ran == 1) loops[0].call_after(0ms, [&] { ran_before_timer.set_value(ran); });
        if (ran == flood) all_ran.set_value();
      });
    }
    return 0;
  });
  auto all = all_ran.get_future();
  REQUIRE(all.wait_for(patience) == std::future_status::ready);
  CHECK(ran_before_timer.get_future().get() <= loop::EventLoop::tasks_per_turn);
}

TEST_CASE("a watched socket reports what it is watched for, level-triggered") {
  Loops loops;
  std::array<int, 2> fds{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
  std::promise<void> read_twice;
  std::promise<void> writable;
  int reads = 0;
  in_loop(loops[0], [&] {
    loops[0].watch(fds[0], loop::EventLoop::read, [&](int ready) {
      if ((ready & loop::EventLoop::read) != 0 && ++reads == 2) {  // the second time without a new byte
        loops[0].rewatch(fds[0], loop::EventLoop::write);
        read_twice.set_value();
      } else if ((ready & loop::EventLoop::write) != 0) {
        loops[0].unwatch(fds[0]);
        writable.set_value();
      }
    });
    return 0;
  });
  REQUIRE(::send(fds[1], "x", 1, 0) == 1);
  CHECK(read_twice.get_future().wait_for(patience) == std::future_status::ready);
  CHECK(writable.get_future().wait_for(patience) == std::future_status::ready);
  in_loop(loops[0], [] { return 0; });  // nothing more comes of an unwatched socket
  CHECK(reads == 2);
  for (const int fd : fds) close(fd);
}

TEST_CASE("a hang-up is reported even to a watch without interest") {
  Loops loops;
  std::array<int, 2> fds{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
  std::promise<int> reported;
  in_loop(loops[0], [&] {
    loops[0].watch(fds[0], loop::EventLoop::none, [&](int ready) {
      loops[0].unwatch(fds[0]);
      reported.set_value(ready);
    });
    return 0;
  });
  close(fds[1]);
  auto ready = reported.get_future();
  REQUIRE(ready.wait_for(patience) == std::future_status::ready);
  CHECK(ready.get() == (loop::EventLoop::read | loop::EventLoop::write));
  close(fds[0]);
}

TEST_CASE("one callback may unwatch another socket that is ready too") {
  Loops loops;
  std::array<int, 2> a{};
  std::array<int, 2> b{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, a.data()) == 0);
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, b.data()) == 0);
  REQUIRE(::send(a[1], "x", 1, 0) == 1);
  REQUIRE(::send(b[1], "x", 1, 0) == 1);
  int calls = 0;
  in_loop(loops[0], [&] {
    const auto one_of_both = [&](int) {
      ++calls;
      loops[0].unwatch(a[0]);
      loops[0].unwatch(b[0]);
    };
    loops[0].watch(a[0], loop::EventLoop::read, one_of_both);
    loops[0].watch(b[0], loop::EventLoop::read, one_of_both);
    return 0;
  });
  for (int i = 0; i < 5; ++i) in_loop(loops[0], [] { return 0; });
  CHECK(calls == 1);
  for (const int fd : {a[0], a[1], b[0], b[1]}) close(fd);
}

TEST_CASE("the event of a closed socket does not reach the one that has its descriptor now") {
  Loops loops;
  std::array<int, 2> a{};
  std::array<int, 2> b{};
  std::array<int, 2> later{};
  for (auto* const pair : {&a, &b, &later}) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair->data()) == 0);
  }
  int first_calls = 0;
  int stale_calls = 0;
  in_loop(loops[0], [&] {
    // Both are ready when the loop looks next, so that one turn has the events of both.
    const auto replace = [&](int fd) {
      ++first_calls;
      loops[0].unwatch(a[0]);
      loops[0].unwatch(b[0]);
      REQUIRE(dup2(later[0], fd) == fd);  // closes the other socket
      loops[0].watch(fd, loop::EventLoop::read, [&](int) { ++stale_calls; });
    };
    loops[0].watch(a[0], loop::EventLoop::read, [=, &b](int) { replace(b[0]); });
    loops[0].watch(b[0], loop::EventLoop::read, [=, &a](int) { replace(a[0]); });
    REQUIRE(::send(a[1], "x", 1, 0) == 1);
    REQUIRE(::send(b[1], "x", 1, 0) == 1);
    return 0;
  });
  for (int i = 0; i < 5; ++i) in_loop(loops[0], [] { return 0; });
  CHECK(first_calls == 1);
  CHECK(stale_calls == 0);
  in_loop(loops[0], [&] {
    loops[0].unwatch(a[0]);
    loops[0].unwatch(b[0]);
    return 0;
  });
  for (const int fd : {a[0], a[1], b[0], b[1], later[0], later[1]}) close(fd);
}

TEST_CASE("tasks posted to a stopped loop are dropped, not run and not leaked") {
  Loops loops;
  loop::EventLoop& loop = loops[0];
  auto token = std::make_shared<int>(0);
  bool ran = false;
  loop.post([&loop, &ran, token] { loop.call_after(1h, [&ran, token] { ran = true; }); });
  in_loop(loop, [] { return 0; });
  CHECK(token.use_count() == 2);
  loops.server().stop();
  CHECK(token.use_count() == 1);
  loop.post([&ran, token] { ran = true; });
  CHECK(token.use_count() == 1);
  CHECK_FALSE(ran);
}

}  // namespace
}  // namespace pgw::edge::test
