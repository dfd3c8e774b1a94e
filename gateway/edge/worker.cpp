#include "gateway/edge/worker.h"

#include <algorithm>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace pgw::edge {
namespace {

using Pistache::Flags;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

constexpr std::size_t max_spare_exchanges = 64;
constexpr std::size_t worth_keeping = 64UL * 1024;  // of a spare exchange's body storage

// Pistache's handler interface: of it only the arrival of a peer concerns us.
class PeerAdopter final : public Pistache::Tcp::Handler {
 public:
  void onInput(const char*, std::size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override {
    static_cast<Worker*>(transport())->adopt(peer);
  }
  std::shared_ptr<Pistache::Tcp::Handler> clone() const override { return std::make_shared<PeerAdopter>(); }
};

// An address without the brackets that Pistache puts around IPv6.
std::string address_of(const Pistache::Tcp::Peer& peer) {
  std::string host = peer.address().host();
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

WorkerPrototype::WorkerPrototype(std::shared_ptr<ServerState> state)
    : Transport(std::make_shared<PeerAdopter>()), state_(std::move(state)) {}

std::shared_ptr<Pistache::Aio::Handler> WorkerPrototype::clone() const {
  const std::lock_guard lock(state_->mutex);
  auto worker = std::make_shared<Worker>(state_, state_->workers.size());
  state_->workers.push_back(worker.get());
  return worker;
}

Worker::Worker(std::shared_ptr<ServerState> state, std::size_t index)
    : Transport(std::make_shared<PeerAdopter>()),
      state_(std::move(state)),
      loop_(*state_->loops.at(index)),
      limits_(state_->limits),
      read_buffer_(std::make_unique<std::array<char, read_size>>()) {}

std::shared_ptr<Pistache::Aio::Handler> Worker::clone() const {
  throw std::logic_error("a worker is not cloned");
}

void Worker::registerPoller(Pistache::Polling::Epoll& poller) {
  Transport::registerPoller(poller);
  epoll_ = &poller;
  loop_.attach(poller);
}

// ---- in the loop's thread from here on ----

void Worker::start() {
  started_ = true;
  loop_.adopt_thread();
  std::exception_ptr failure;
  try {
    handler_ = state_->factory(loop_);
    if (!handler_) throw std::logic_error("the handler factory returned nothing");
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(state_->mutex);
  if (failure && !state_->failure) state_->failure = failure;
  ++state_->ready;
  state_->changed.notify_all();
}

void Worker::onReady(const Pistache::Aio::FdSet& fds) {
  loop_.begin_turn();
  if (!started_) start();
  for (const auto& entry : fds) on_entry(entry);
  loop_.run_timers();
  run_awake();
  loop_.end_turn();
}

// With one handler in the reactor a tag is the plain descriptor.
void Worker::on_entry(const Pistache::Aio::FdSet::Entry& entry) {
  const int fd = static_cast<int>(entry.getTag().value());
  if (Connection* connection = find(fd)) {
    connection->on_ready(entry.isReadable(), entry.isWritable(), entry.isHangup());
    return;
  }
  // No flag at all is EPOLLERR, which Pistache doesn't pass on.
  const bool any = entry.isHangup() || (!entry.isReadable() && !entry.isWritable());
  const int ready = (any || entry.isReadable() ? loop::EventLoop::read : 0) |
                    (any || entry.isWritable() ? loop::EventLoop::write : 0);
  if (loop_.dispatch(fd, ready)) return;

  Pistache::Polling::Event event(entry.getTag());
  if (entry.isReadable()) event.flags.setFlag(NotifyOn::Read);
  std::vector<Pistache::Polling::Event> events;
  events.push_back(event);
  try {
    Transport::onReady(Pistache::Aio::FdSet(std::move(events)));
  } catch (const std::exception&) {
    return;  // an event of a descriptor that was closed earlier in this turn
  }
}

void Worker::adopt(const std::shared_ptr<Pistache::Tcp::Peer>& peer) {
  const int fd = peer->fd();
  const auto index = static_cast<std::size_t>(fd);
  if (index >= connections_.size()) connections_.resize(std::max(index + 1, connections_.size() * 2));
  connections_[index] = std::make_unique<Connection>(*this, fd, address_of(*peer));
  const std::size_t open = state_->open_connections.fetch_add(1) + 1;
  if (open <= state_->max_connections && !draining_ && handler_) return;
  // Pistache registers the descriptor after this call, so it can't be closed before the turn ends.
  connections_[index]->kill();
  wake(*connections_[index]);
}

Connection* Worker::find(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  return index < connections_.size() ? connections_[index].get() : nullptr;
}

void Worker::run_awake() {
  for (std::size_t next = 0; next < awake_.size(); ++next) {  // grows while it runs
    const int fd = awake_[next];
    Connection* connection = find(fd);
    if (connection == nullptr) continue;
    connection->advance();
    if (connection->dead()) remove(fd);
  }
  awake_.clear();
}

void Worker::remove(int fd) {
  connections_[static_cast<std::size_t>(fd)].reset();
  const auto peer = peers.find(fd);
  try {
    if (peer != peers.end()) removePeer(std::shared_ptr<Pistache::Tcp::Peer>(peer->second));
  } catch (const std::exception&) {
    ::close(fd);  // the epoll had lost it: removePeer throws before it closes
  }
  if (state_->open_connections.fetch_sub(1) == 1) {
    const std::lock_guard lock(state_->mutex);
    state_->changed.notify_all();
  }
}

void Worker::drain() {
  draining_ = true;
  for (const auto& connection : connections_) {
    if (connection) connection->drain();
  }
}

void Worker::stop() {
  for (const auto& connection : connections_) {
    if (connection) {
      connection->kill();
      connection->advance();
    }
  }
  run_awake();
  draining_ = true;
  spare_exchanges_.clear();
  handler_.reset();
  loop_.close();
  const std::lock_guard lock(state_->mutex);
  ++state_->stopped;
  state_->changed.notify_all();
}

void Worker::set_interest(int fd, int interest) {
  Flags<NotifyOn> flags;
  if ((interest & loop::EventLoop::read) != 0) flags.setFlag(NotifyOn::Read);
  if ((interest & loop::EventLoop::write) != 0) flags.setFlag(NotifyOn::Write);
  try {
    epoll_->rearmFd(fd, flags, Tag(static_cast<std::uint64_t>(fd)), Mode::Level);
  } catch (const std::exception&) {
    // The descriptor is not in the epoll: without events the connection would never end.
    connections_[static_cast<std::size_t>(fd)]->kill();
    awake_.push_back(fd);
  }
}

std::shared_ptr<Exchange> Worker::take_exchange() {
  if (spare_exchanges_.empty()) return std::make_shared<Exchange>(loop_);
  auto exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

void Worker::give_back(std::shared_ptr<Exchange> exchange) {
  exchange->release();
  if (exchange.use_count() > 1 || spare_exchanges_.size() >= max_spare_exchanges) return;
  std::string& body = exchange->mutable_request().body;
  if (body.capacity() > worth_keeping) std::string().swap(body);
  spare_exchanges_.push_back(std::move(exchange));
}

}  // namespace pgw::edge
