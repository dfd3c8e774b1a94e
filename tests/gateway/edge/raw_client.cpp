#include "gateway/edge/raw_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace pgw::edge::test {
namespace {

std::string to_lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Response parse_head(const std::string& head) {
  Response response;
  response.head = head;
  if (head.rfind("HTTP/1.1 ", 0) != 0) throw std::runtime_error("not a response: " + head);
  response.status = std::stoi(head.substr(9, 3));
  std::size_t line = head.find("\r\n") + 2;
  while (line + 2 < head.size()) {
    const auto end = head.find("\r\n", line);
    const auto colon = head.find(": ", line);
    response.fields[to_lower(head.substr(line, colon - line))] = head.substr(colon + 2, end - colon - 2);
    line = end + 2;
  }
  return response;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer, const char* from)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, from, &address.sin_addr);
  bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd_);
    throw std::runtime_error("connection refused");
  }
}

RawClient::~RawClient() {
  close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::send_bytewise(std::string_view bytes) {
  for (const char byte : bytes) {
    if (!send({&byte, 1})) return false;
    int unacknowledged = 1;
    while (ioctl(fd_, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0) std::this_thread::yield();
  }
  return true;
}

// Waits for more; false at the end of the connection.
bool RawClient::fill() {
  pollfd ready{fd_, POLLIN, 0};
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  if (poll(&ready, 1, static_cast<int>(timeout)) == 0) throw std::runtime_error("nothing came");
  std::array<char, 65536> buffer{};
  const ssize_t taken = recv(fd_, buffer.data(), buffer.size(), 0);
  if (taken < 0 && errno == ECONNRESET) reset_ = true;
  if (taken <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(taken));
  return true;
}

Response RawClient::receive(bool head_only) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  Response response = parse_head(received_.substr(0, end + 2));
  received_.erase(0, end + 4);
  if (head_only || response.status < 200 || response.status == 204 || response.status == 304) return response;

  if (response.has("content-length")) {
    const std::size_t size = std::stoul(response.field("content-length"));
    while (received_.size() < size) {
      if (!fill()) throw std::runtime_error("truncated");
    }
    response.body = received_.substr(0, size);
    received_.erase(0, size);
    return response;
  }
  if (response.field("transfer-encoding") != "chunked") {
    while (fill()) continue;
    response.body = std::exchange(received_, "");
    return response;
  }
  for (;;) {
    std::size_t line = 0;
    while ((line = received_.find("\r\n")) == std::string::npos) {
      if (!fill()) throw std::runtime_error("truncated");
    }
    const std::size_t size = std::stoul(received_.substr(0, line), nullptr, 16);
    received_.erase(0, line + 2);
    while (received_.size() < size + 2) {
      if (!fill()) throw std::runtime_error("truncated");
    }
    response.body += received_.substr(0, size);
    if (received_.substr(size, 2) != "\r\n") throw std::runtime_error("bad chunk");
    received_.erase(0, size + 2);
    if (size == 0) return response;
  }
}

Response RawClient::ask(std::string_view request) {
  send(request);
  return receive();
}

std::string RawClient::receive_some(std::size_t limit) {
  if (received_.empty() && !fill()) return {};
  std::string taken = received_.substr(0, limit);
  received_.erase(0, taken.size());
  return taken;
}

std::string RawClient::receive_until(std::string_view text) {
  std::size_t at = 0;
  while ((at = received_.find(text)) == std::string::npos) {
    if (!fill()) throw std::runtime_error("the end came first");
  }
  return receive_some(at + text.size());
}

bool RawClient::is_closed_by_server() {
  return received_.empty() && !fill();
}

bool RawClient::is_quiet() const {
  pollfd ready{fd_, POLLIN, 0};
  return received_.empty() && poll(&ready, 1, 0) == 0;
}

void RawClient::shutdown_write() {
  shutdown(fd_, SHUT_WR);
}

void RawClient::reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  dup2(other, fd_);
  close(other);
}

}  // namespace pgw::edge::test
