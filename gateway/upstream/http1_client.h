// The client that speaks HTTP/1.1. Internal to this folder: others know the interface in client.h.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/upstream/client.h"
#include "gateway/upstream/exchange.h"

namespace pgw::upstream {

/// HTTP/1.1 on connections that libcurl opened. Sinks are only ever called from the loop, so what fails at once fails
/// in its next turn.
class Http1Client final : public Client, public Pool::Member, public std::enable_shared_from_this<Http1Client> {
 public:
  Http1Client(loop::EventLoop& loop, std::shared_ptr<Pool> pool) : loop_(loop), pool_(std::move(pool)) {}
  ~Http1Client() override;

  void join() { member_ = pool_->join(loop_, weak_from_this()); }

  void retarget(std::shared_ptr<const Target> target) override;
  CallId start(OutgoingRequest request, std::shared_ptr<ResponseSink> sink) override;
  void resume(CallId id) override;
  void stream(CallId id) override;
  bool write_body(CallId id, std::string_view piece) override;
  void end_body(CallId id) override;
  void cancel(CallId id) override;
  bool withdraw(CallId id) override;
  bool has_room(std::size_t queue) const override { return pool_->has_room(queue); }

  void open_for(std::uint64_t call, Place place) override;
  void lend(Ticket to) override;
  void receive(std::uint64_t call, std::unique_ptr<Connection> connection) override;
  void claim_again(std::uint64_t call) override;
  void displaced(std::uint64_t call) override;

 private:
  using Clock = std::chrono::steady_clock;
  /// What one read takes: more than a TLS record holds, so that OpenSSL keeps nothing back of one.
  using Buffer = std::array<char, std::size_t{64} * 1024>;

  struct Slot {
    std::unique_ptr<Exchange> exchange;
    std::uint32_t generation = 1;
    bool is_live = false;
  };

  Exchange* find(CallId id);
  Exchange& take_slot();
  void recycle(Exchange& exchange);
  Ticket ticket_of(const Exchange& exchange) const { return {member_, exchange.id, exchange.request().queue}; }

  void claim(Exchange& exchange);
  void claim_later(Exchange& exchange, std::chrono::milliseconds pause);
  void open(Exchange& exchange, Place place);
  void opened(CallId id, const Connector& connector, Opened opened);
  void serve(CallId id, std::unique_ptr<Connection> connection);
  void write_all();
  void tell_writable(CallId id);
  void hand_out(std::unique_ptr<Connection> connection);
  void rest(std::unique_ptr<Connection> connection);
  bool watch(Connection& connection);
  bool is_fit(Connection& connection, const Exchange& exchange) const;
  bool is_young(const Connection& connection) const;
  void sweep();

  void on_ready(Connection& connection, int ready);
  void on_resting_ready(Connection& connection);
  Progress read(Exchange& exchange);
  void read_on(CallId id);

  /// Runs what may call the sink, then does what its outcome asks for.
  template <typename Step>
  void advance(Exchange& exchange, const Step& step);
  void settle(Exchange& exchange, Progress progress);
  void settle_broken_later(Exchange& exchange);
  Progress read_what_came(Exchange& exchange);
  void complete(Exchange& exchange);
  void lost(Exchange& exchange);
  void fail(Exchange& exchange, Failure failure, std::string detail);
  void fail_later(Exchange& exchange, Failure failure, std::string detail);
  void repeat_or_fail(Exchange& exchange, bool may_repeat, std::chrono::milliseconds pause);
  std::chrono::milliseconds backoff(const Exchange& exchange);

  void watch_deadline(Exchange& exchange);
  void expire(CallId id);
  void drop(Exchange& exchange);

  loop::EventLoop& loop_;
  const std::shared_ptr<Pool> pool_;
  std::size_t member_ = 0;
  std::shared_ptr<const Target> target_;
  std::shared_ptr<Connector> connector_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::unique_ptr<Connection>> resting_;  // the last one is the first to be used
  std::vector<CallId> unwritten_;                     // requests that this turn gave a connection
  loop::EventLoop::TimerId sweep_timer_ = 0;
  std::unique_ptr<Buffer> buffer_ = std::make_unique<Buffer>();
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace pgw::upstream
