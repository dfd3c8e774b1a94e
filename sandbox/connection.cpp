#include "sandbox/connection.h"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace pgw::sandbox {

namespace {

constexpr int write_timeout_ms = 30'000;
constexpr std::size_t max_waiting_input = RequestReader::max_header_size + RequestReader::max_body_size;

}  // namespace

Connection::Connection(int descriptor, Handler handler) : descriptor_(descriptor), handler_(std::move(handler)) {}

Connection::~Connection() {
  ::close(descriptor_);
}

void Connection::receive(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  if (closed_) return;
  input_.append(bytes);
  if (input_.size() > max_waiting_input) {
    closed_ = true;
    abort();
    return;
  }
  read_next(std::move(lock));
}

void Connection::read_next(std::unique_lock<std::mutex> lock) {
  if (busy_ || closed_ || input_.empty()) return;
  switch (reader_.read(input_)) {
    case RequestReader::Progress::incomplete:
      return;
    case RequestReader::Progress::wants_continue:
      write("HTTP/1.1 100 Continue\r\n\r\n");
      return;
    case RequestReader::Progress::malformed:
      reject_malformed();
      return;
    case RequestReader::Progress::complete:
      break;
  }
  HttpRequest request = reader_.take();
  busy_ = true;
  keep_alive_ = request.keep_alive;
  head_only_ = request.method == "HEAD";
  lock.unlock();
  handler_(std::move(request), shared_from_this());
}

void Connection::reject_malformed() {
  closed_ = true;
  HttpResponse response{
      reader_.error_status(), {{"Content-Type", "application/json"}}, R"({"detail":"Invalid HTTP request received."})"};
  write(serialise(response, false, false));
  abort();
}

void Connection::respond(const HttpResponse& response) {
  std::unique_lock lock(mutex_);
  const std::string bytes = serialise(response, keep_alive_, head_only_);
  const bool keep_alive = keep_alive_;
  lock.unlock();
  const bool written = write(bytes);
  lock.lock();
  busy_ = false;
  if (!written || !keep_alive) {
    closed_ = true;
    abort();
    return;
  }
  read_next(std::move(lock));
}

void Connection::abort() {
  ::shutdown(descriptor_, SHUT_RDWR);
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd waiting{descriptor_, POLLOUT, 0};
      if (::poll(&waiting, 1, write_timeout_ms) == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace pgw::sandbox
