#include "gateway/http/server_connections.h"

#include <algorithm>
#include <utility>

namespace pgw::http {
namespace {

constexpr std::size_t max_spare_streams = 64;
constexpr std::size_t worth_keeping = 64UL * 1024;  // of a spare stream's body storage

}  // namespace

ServerConnections::ServerConnections(loop::EventLoop& loop, RequestHandler& handler, Close close)
    : loop_(loop),
      handler_(handler),
      close_(std::move(close)),
      read_buffer_(std::make_unique<std::array<char, read_size>>()) {}

ServerConnections::~ServerConnections() = default;

void ServerConnections::add(int fd, std::string peer) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= connections_.size()) connections_.resize(std::max(index + 1, connections_.size() * 2));
  connections_[index] = std::make_unique<Connection>(*this, std::make_unique<PlainTransport>(fd), std::move(peer));
  loop_.adopt(fd, *connections_[index]);
}

Connection* ServerConnections::find(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  return index < connections_.size() ? connections_[index].get() : nullptr;
}

void ServerConnections::finish_turn() {
  for (std::size_t next = 0; next < awake_.size(); ++next) {  // grows while it runs
    const int fd = awake_[next];
    Connection* const connection = find(fd);
    if (connection == nullptr) continue;
    connection->advance();
    if (connection->dead()) remove(fd);
  }
  awake_.clear();
}

void ServerConnections::remove(int fd) {
  loop_.forget(fd);
  connections_[static_cast<std::size_t>(fd)].reset();
  close_(fd);
}

void ServerConnections::drain() {
  draining_ = true;
  for (const auto& connection : connections_) {
    if (connection) connection->drain();
  }
}

void ServerConnections::stop() {
  draining_ = true;
  for (const auto& connection : connections_) {
    if (connection) {
      connection->kill();
      connection->advance();
    }
  }
  finish_turn();
  spare_streams_.clear();
}

std::shared_ptr<Stream> ServerConnections::take_stream() {
  if (spare_streams_.empty()) return std::make_shared<Stream>(loop_);
  auto stream = std::move(spare_streams_.back());
  spare_streams_.pop_back();
  return stream;
}

void ServerConnections::give_back(std::shared_ptr<Stream> stream) {
  stream->release();
  if (stream.use_count() > 1 || spare_streams_.size() >= max_spare_streams) return;
  std::string& body = stream->mutable_request().body;
  if (body.capacity() > worth_keeping) std::string().swap(body);
  spare_streams_.push_back(std::move(stream));
}

}  // namespace pgw::http
