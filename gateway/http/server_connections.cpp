#include "gateway/http/server_connections.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pgw::http {
namespace {

using namespace std::chrono_literals;

constexpr auto moment = 1s;
constexpr std::size_t enough_to_choose_from = 64;

constexpr std::size_t max_spare_streams = 64;
constexpr std::size_t worth_keeping = 64UL * 1024;  // of a spare stream's body storage

}  // namespace

ServerConnections::ServerConnections(loop::EventLoop& loop, RequestHandler& handler, Pressure& pressure, Close close)
    : loop_(loop),
      handler_(handler),
      pressure_(pressure),
      close_(std::move(close)),
      read_buffer_(std::make_unique<std::array<char, read_size>>()) {}

ServerConnections::~ServerConnections() = default;

void ServerConnections::add(int fd, const std::string& peer) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= connections_.size()) connections_.resize(std::max(index + 1, connections_.size() * 2));
  const auto address = base::IpAddress::parse(peer);
  const auto& trusted = handler_.limits().trusted_proxies;
  const bool is_trusted =
      address && std::ranges::any_of(trusted, [&](const base::IpNetwork& one) { return one.contains(*address); });
  connections_[index] = std::make_unique<Connection>(*this, std::make_unique<PlainTransport>(fd),
                                                     address ? address->text() : peer, is_trusted);
  loop_.adopt(fd, *connections_[index]);
  if (address && !is_trusted) seat(*connections_[index], *address);
}

// ---- who gives way ----

void ServerConnections::seat(Connection& connection, const base::IpAddress& address) {
  unseat(connection);
  auto key = address.bytes();
  if (!address.is_v4()) std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
  AddressGroup& group = groups_[key];
  if (group.connections.empty()) {
    group.key = key;
    group.name = address.text();
  }
  limit(group);
  connection.seat() = {&group, group.connections.size()};
  group.connections.push_back(&connection);
}

void ServerConnections::unseat(Connection& connection) {
  const auto [group, index] = std::exchange(connection.seat(), {});
  if (group == nullptr) return;
  Connection* const last = group->connections.back();
  group->connections[index] = last;
  group->connections.pop_back();
  if (last != &connection) last->seat().index = index;
  if (group->connections.empty()) groups_.erase(group->key);
}

// A connection that is idle for a moment only is between two requests, or about to send its first.
void ServerConnections::limit(const AddressGroup& group) {
  const std::size_t most = handler_.limits().connections_per_address;
  if (most == 0 || group.connections.size() < most) return;
  Connection* longest = nullptr;
  auto since = loop_.turn_began() - moment;
  for (Connection* const connection : group.connections) {
    const auto idle_since = connection->idle_since();
    if (connection->gives_way() || !idle_since || *idle_since > since) continue;
    longest = connection;
    since = *idle_since;
  }
  if (longest == nullptr) return;
  pressure_.count_closed_for_address(group.name);
  longest->give_way();
}

bool ServerConnections::make_room() {
  Connection* longest = nullptr;
  std::size_t idle = 0;
  for (std::size_t seen = 0; seen < connections_.size() && idle < enough_to_choose_from; ++seen) {
    hand_ = (hand_ + 1) % connections_.size();
    Connection* const connection = connections_[hand_].get();
    if (connection == nullptr || connection->gives_way()) continue;
    const auto idle_since = connection->idle_since();
    if (!idle_since) continue;
    ++idle;
    if (longest == nullptr || *idle_since < *longest->idle_since()) longest = connection;
  }
  if (longest == nullptr) return false;
  pressure_.count_closed_for_room();
  longest->give_way();
  return true;
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
  unseat(*connections_[static_cast<std::size_t>(fd)]);
  connections_[static_cast<std::size_t>(fd)].reset();
  close_(fd);
}

void ServerConnections::drain() {
  says_close_ = draining_ = true;
  for (const auto& connection : connections_) {
    if (connection) connection->drain();
  }
}

void ServerConnections::stop() {
  says_close_ = draining_ = true;
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
