// The connections of one server loop, and what they share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "gateway/http/address_seat.h"
#include "gateway/http/connection.h"
#include "gateway/http/pressure.h"
#include "gateway/http/request_handler.h"
#include "gateway/http/response_head.h"
#include "gateway/http/stream.h"
#include "gateway/loop/event_loop.h"

namespace pgw::http {

/// Everything in the loop's thread. The listener adds sockets and calls `finish_turn` as each turn of the loop ends;
/// everything between is the connections' own.
class ServerConnections {
 public:
  /// Enough for any head, and for a body in few reads.
  static constexpr std::size_t read_size = 64UL * 1024;

  /// Closes the descriptor of a connection that is over.
  using Close = std::function<void(int fd)>;

  ServerConnections(loop::EventLoop& loop, RequestHandler& handler, Pressure& pressure, Close close);
  ~ServerConnections();
  ServerConnections(const ServerConnections&) = delete;
  ServerConnections& operator=(const ServerConnections&) = delete;

  /// `peer` is the address of the other end, as text. Beyond Limits::connections_per_address the longest idle one of
  /// its connections gives way.
  void add(int fd, const std::string& peer);

  /// Has the longest idle of some connections give way to a new one. False if none is idle.
  bool make_room();

  /// Connections with something to do advance; dead ones are closed.
  void finish_turn();

  /// From now on each response is its connection's last; new connections are still taken.
  void wind_down() { says_close_ = true; }

  /// Closes idle connections now and the others after the response at hand.
  void drain();

  /// Closes all.
  void stop();

  // The connections' side:

  loop::EventLoop& loop() { return loop_; }
  RequestHandler& handler() { return handler_; }
  bool says_close() const { return says_close_; }
  bool draining() const { return draining_; }
  DateClock& date_clock() { return date_clock_; }
  std::array<char, read_size>& read_buffer() { return *read_buffer_; }
  std::string& head_buffer() { return head_buffer_; }

  /// Has the connection advance, or be destroyed if it is dead, as this turn ends.
  void wake(Connection& connection) { awake_.push_back(connection.fd()); }

  /// Counts the connection among those of that address.
  void seat(Connection& connection, const base::IpAddress& address);

  /// Streams are reused with their storage.
  std::shared_ptr<Stream> take_stream();
  void give_back(std::shared_ptr<Stream> stream);

 private:
  Connection* find(int fd);
  void unseat(Connection& connection);
  void limit(const AddressGroup& group);
  void remove(int fd);

  loop::EventLoop& loop_;
  RequestHandler& handler_;
  Pressure& pressure_;
  const Close close_;
  bool says_close_ = false;
  bool draining_ = false;

  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::size_t hand_ = 0;                                  // where `make_room` goes on to look
  std::map<std::array<std::uint8_t, 16>, AddressGroup> groups_;
  std::vector<int> awake_;
  std::vector<std::shared_ptr<Stream>> spare_streams_;
  std::unique_ptr<std::array<char, read_size>> read_buffer_;
  std::string head_buffer_;
  DateClock date_clock_;
};

}  // namespace pgw::http
