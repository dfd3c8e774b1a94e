#include "gateway/edge/test_server.h"

#include <algorithm>
#include <future>
#include <stdexcept>
#include <utility>

namespace pgw::edge::test {
namespace {

std::shared_ptr<const std::string> text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

std::string describe(const http::Request& request) {
  std::string out = request.method + " " + request.target + "\npath=" + request.path + "\nhost=" + request.host +
                    "\nversion=1." + std::to_string(request.version_minor) + "\npeer=" + request.peer +
                    (request.from_trusted_proxy ? " by a trusted proxy\n" : "\n");
  if (request.has_query) out += "query=" + request.query + "\n";
  for (const http::Field& field : request.fields) out += field.name + ": " + field.value + "\n";
  return out + "body=" + request.body;
}

// A stream that makes its bytes when the client has room: the n-th byte is a letter that n determines.
class Producer : public std::enable_shared_from_this<Producer> {
 public:
  Producer(std::shared_ptr<http::Exchange> exchange, std::size_t total, std::atomic<std::size_t>& peak)
      : exchange_(std::move(exchange)), left_(total), peak_(peak) {}

  void run() {
    exchange_->on_drained([self = shared_from_this()] { self->pump(); });
    pump();
  }

 private:
  void pump() {
    while (left_ > 0) {
      const std::size_t size = std::min<std::size_t>(left_, 30'000);
      std::string piece(size, ' ');
      for (char& c : piece) c = static_cast<char>('a' + made_++ % 23);
      left_ -= size;
      const bool more = exchange_->write(piece);
      const std::size_t backlog = made_ - std::min<std::size_t>(made_, exchange_->bytes_sent());
      peak_ = std::max(peak_.load(), backlog);
      if (!more) return;
    }
    exchange_->end();
  }

  const std::shared_ptr<http::Exchange> exchange_;
  std::size_t left_;
  std::size_t made_ = 0;
  std::atomic<std::size_t>& peak_;
};

}  // namespace

// Takes a body in pieces, asks for a pause after each, and answers with what it saw.
class PausingSink final : public http::BodySink {
 public:
  PausingSink(http::Exchange& exchange, Journal& journal) : exchange_(exchange), journal_(journal) {}

  bool on_body(std::string_view piece) override {
    body_ += piece;
    journal_.note("piece");
    if (exchange_.request().query == "hold") return false;
    exchange_.loop().call_after(std::chrono::milliseconds(1), [&exchange = exchange_] { exchange.resume_body(); });
    return false;
  }

  void on_body_end() override { exchange_.respond({200, ""}, text("streamed " + std::to_string(body_.size()))); }

 private:
  http::Exchange& exchange_;  // which holds the sink
  Journal& journal_;
  std::string body_;
};

/// Answers with the pieces that come, as they come.
class MirroringSink final : public http::BodySink {
 public:
  explicit MirroringSink(http::Exchange& exchange) : exchange_(exchange) {}

  bool on_body(std::string_view piece) override {
    if (!exchange_.answered()) exchange_.begin({200, ""}, std::nullopt);
    exchange_.write(piece);
    if (piece == "enough") exchange_.end();
    return true;
  }

  void on_body_end() override { exchange_.end(); }

 private:
  http::Exchange& exchange_;  // which holds the sink
};

class TestHandler final : public http::RequestHandler {
 public:
  TestHandler(TestServer& server, const http::Limits& limits) : RequestHandler(limits), server_(server) {}
  using RequestHandler::set_limits;
  ~TestHandler() override { server_.journal_.note("handler destroyed"); }

  void on_head(const std::shared_ptr<http::Exchange>& exchange) override {
    server_.journal_.note("head");
    exchange->on_disconnect([this] { server_.journal_.note("disconnected"); });
    const std::string what = segment(exchange->request(), 0);
    if (what == "small") exchange->limit_body(10);
    if (what == "sink") exchange->take_body(std::make_shared<PausingSink>(*exchange, server_.journal_));
    if (what == "mirror") exchange->take_body(std::make_shared<MirroringSink>(*exchange));
    if (what == "early") exchange->respond({401, ""}, text("early"));
  }

  void on_request(const std::shared_ptr<http::Exchange>& exchange) override {
    server_.journal_.note("request");
    const http::Request& request = exchange->request();
    const std::string what = segment(request, 0);
    const std::string argument = segment(request, 1);
    if (what == "hold") {
      const std::lock_guard lock(server_.mutex_);
      server_.held_.push_back(exchange);
      server_.journal_.note("held " + request.query);
    } else if (what == "later") {
      exchange->loop().call_after(std::chrono::milliseconds(5), [exchange] {
        exchange->respond({200, ""}, text(exchange->request().query));
      });
    } else if (what == "stream" || what == "sized") {
      const std::size_t size = std::stoul(argument);
      exchange->begin({200, "Content-Type: text/plain\r\n"},
                      what == "sized" ? std::optional<std::uint64_t>(size) : std::nullopt);
      std::make_shared<Producer>(exchange, size, server_.peak_backlog_)->run();
    } else if (what == "short") {
      exchange->begin({200, ""}, 100);
      exchange->write("0123456789");
      exchange->end();
    } else if (what == "abort") {
      exchange->begin({200, ""}, std::nullopt);
      exchange->write("partial");
      exchange->loop().call_after(std::chrono::milliseconds(5), [exchange] { exchange->abort(); });
    } else if (what == "status") {
      exchange->respond({std::stoi(argument), "X-Kind: status\r\n"}, text("body of " + argument));
    } else if (what == "length") {
      exchange->respond({200, ""}, std::optional<std::uint64_t>(std::stoul(argument)));
    } else if (what == "big") {
      exchange->respond({200, ""}, text(std::string(std::stoul(argument), 'z')));
    } else if (what == "hints") {
      exchange->interim({103, "Link: </a>; rel=preload\r\n"});
      exchange->respond({200, ""}, text("hinted"));
    } else if (what == "dated") {
      exchange->respond({200, "X-Before: 1\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"}, text(""));
    } else if (what == "throw") {
      throw std::runtime_error("a handler's own mistake");
    } else if (what == "twice") {
      exchange->respond({200, ""}, text("first"));
      exchange->respond({500, ""}, text("second"));
      exchange->begin({500, ""}, std::nullopt);
      exchange->write("third");
      exchange->end();
    } else {
      exchange->respond({200, "Content-Type: text/plain\r\n"}, text(describe(request)));
    }
  }

  void on_rejected(const std::shared_ptr<http::Exchange>& exchange, const http::Malformation& malformation) override {
    server_.journal_.note("rejected " + std::string(malformation.reason));
    exchange->respond({malformation.status, "X-Reason: " + std::string(malformation.reason) + "\r\n"},
                      text(malformation.message));
  }

  void on_finished(http::Exchange& exchange) override {
    server_.journal_.note(exchange.client_gone() ? "gone" : "finished " + std::to_string(exchange.status()));
  }

 private:
  static std::string segment(const http::Request& request, std::size_t index) {
    std::size_t begin = 1;
    for (; index > 0; --index) {
      const auto slash = request.path.find('/', begin);
      if (slash == std::string::npos) return {};
      begin = slash + 1;
    }
    if (begin > request.path.size()) return {};
    return request.path.substr(begin, request.path.find('/', begin) - begin);
  }

  TestServer& server_;
};

void Journal::note(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  noted_.notify_all();
}

std::size_t Journal::count(const std::string& line) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), line));
}

void Journal::await(const std::string& line, std::size_t times) {
  std::unique_lock lock(mutex_);
  const auto enough = [&] {
    return std::count(lines_.begin(), lines_.end(), line) >= static_cast<std::ptrdiff_t>(times);
  };
  if (noted_.wait_for(lock, patience, enough)) return;
  std::string all;
  for (const std::string& noted : lines_) all += "\n  " + noted;
  throw std::runtime_error("never noted: " + line + "; noted:" + all);
}

TestServer::TestServer(const http::Limits& limits, unsigned workers, std::size_t max_connections)
    : TestServer(limits, Server::Options{.workers = workers, .max_connections = max_connections}) {}

TestServer::TestServer(const http::Limits& limits, const Server::Options& options) {
  server_ = std::make_unique<Server>(options, [this, limits](loop::EventLoop& loop) {
    auto handler = std::make_unique<TestHandler>(*this, limits);
    const std::lock_guard lock(mutex_);
    handlers_.emplace_back(&loop, handler.get());
    return handler;
  });
  server_->start();
}

TestServer::~TestServer() {
  server_->stop();
  held_.clear();
}

void TestServer::set_limits(const http::Limits& limits) {
  for (const auto& [loop, handler] : handlers_) {
    std::promise<void> done;
    loop->post([&, handler = handler] {
      handler->set_limits(limits);
      done.set_value();
    });
    done.get_future().wait();
  }
}

void TestServer::release(const std::string& query) {
  journal_.await("held " + query);
  std::shared_ptr<http::Exchange> found;
  {
    const std::lock_guard lock(mutex_);
    const auto held = std::find_if(held_.begin(), held_.end(),
                                   [&](const auto& exchange) { return exchange->request().query == query; });
    found = *held;
    held_.erase(held);
  }
  // The exchange moves into the task: its last reference is dropped in its loop's thread.
  loop::EventLoop& loop = found->loop();
  loop.post([exchange = std::move(found)] { exchange->respond({200, ""}, text(exchange->request().query)); });
}

std::string get(const std::string& target, const std::string& fields) {
  return "GET " + target + " HTTP/1.1\r\nHost: example.org\r\n" + fields + "\r\n";
}

std::string post(const std::string& target, const std::string& body, const std::string& fields) {
  return "POST " + target + " HTTP/1.1\r\nHost: example.org\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + fields + "\r\n" + body;
}

}  // namespace pgw::edge::test
