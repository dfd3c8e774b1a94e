// Asks the upstream, on a worker's own event loop: the interface between the pipeline and whatever speaks HTTP to the
// upstream.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"
#include "gateway/loop/event_loop.h"
#include "gateway/upstream/credential.h"
#include "gateway/upstream/failure.h"
#include "gateway/upstream/pool.h"

namespace pgw::upstream {

/// Where and how to ask. Limits are those of all workers together.
struct Target {
  std::string base_url;            ///< "https://host/v4": scheme, authority and base path, no trailing slash
  std::string unix_socket;         ///< path of a socket to connect to instead of the URL's host; empty: none
  std::string proxy;               ///< "http://host:port", asked to CONNECT to the URL's host; empty: none
  std::string ca_file;             ///< PEM bundle; empty: the system's
  std::string client_certificate;  ///< PEM file that proves who we are; empty: none
  std::string client_key;          ///< PEM file of its key; empty: it stands in the certificate's file
  std::chrono::milliseconds connect_timeout{2'000};  ///< resolving, TCP, proxy and TLS together
  /// For the whole exchange, repetitions and waiting for a connection included; not for what the sink holds up.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds stream_idle_timeout{60'000};  ///< from byte to byte, after `Client::stream`
  std::chrono::milliseconds max_connection_age{
      5 * 60'000};  ///< no request begins on an older connection; 0: none is too old
  unsigned max_connections = 256;
  unsigned max_waiting = 16'384;  ///< requests beyond the connections that may wait for one; more are refused
  unsigned retries = 2;           ///< repetitions of one request in all
  std::shared_ptr<const Credential> credential;  ///< null: the upstream wants none
};

struct OutgoingRequest {
  std::string method;
  std::string path_and_query;  ///< below base_url: "/projects/pr_1?page=0"
  /// End-to-end fields. Host and Content-Length are the client's; the credential is ours, and so is Accept-Encoding:
  /// what is compressed could neither be searched for the credential nor compared with the contract.
  std::vector<http::Field> fields;
  std::string body;  ///< the whole body, unless `streamed`
  /// The body comes piece by piece through `Client::write_body`, its end by `Client::end_body`. `body_length` says how
  /// long it is going to be; without, it goes upstream in chunks.
  bool streamed = false;
  std::optional<std::uint64_t> body_length;
  /// Whether an idempotent request (RFC 9110 section 9.2.2) may be sent again at all. False where something else can
  /// stand in for an answer. A request of another method is only ever repeated if it certainly wasn't processed.
  bool repeatable = true;
  std::size_t queue = 0;  ///< whose request it is: requests of one queue wait in order, queues take turns
  std::optional<std::chrono::milliseconds> timeout;  ///< instead of the target's
};

/// Receives one response. All calls come from the worker's loop, never from inside `Client::start`. Exactly one of
/// `on_end` and `on_failure` comes last, unless the call is cancelled. What a sink throws ends its call as an
/// `internal_error`.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;

  /// The request is about to be sent once more: its effect upstream may be that of several. Before the head.
  virtual void on_repetition() {}

  /// An interim response (RFC 9110 section 15.2) but 100 and 101, which concern one connection. Any number, before the
  /// head.
  virtual void on_interim(int status, const http::Fields& fields) {
    static_cast<void>(status), static_cast<void>(fields);
  }

  /// The final (non-1xx) status and its end-to-end fields, without any that carry the credential.
  virtual void on_head(int status, http::Fields fields) = 0;

  /// Some of the body, in the sink's hands when this returns. False: deliver no more until `Client::resume`.
  virtual bool on_body(std::string_view piece) = 0;

  /// After `Client::write_body` said false: more of a streamed request's body may come.
  virtual void on_writable() {}

  virtual void on_end() = 0;

  /// `detail` is for the log alone: it may name the upstream's host and what the system or a library says of it.
  virtual void on_failure(Failure failure, std::string_view detail) = 0;
};

/// One per worker; only its own loop's thread may call it. Connections are kept alive and reused, certificates are
/// verified, redirects are not followed, proxies of the environment are ignored.
///
/// At most `retries` repetitions of one request are sent in all, and none once a byte of a response has come. A request
/// whose method is not idempotent is repeated only if the upstream certainly did not process it.
class Client {
 public:
  using CallId = std::uint64_t;

  Client() = default;
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Takes effect for requests that start afterwards. Unless it is the very same object, names are resolved anew and no
  /// connection made for the old target is used for them.
  virtual void retarget(std::shared_ptr<const Target> target) = 0;

  virtual CallId start(OutgoingRequest request, std::shared_ptr<ResponseSink> sink) = 0;

  /// Goes on after `on_body` said false. Unknown ids (ended meanwhile) are ignored, here and below.
  virtual void resume(CallId id) = 0;

  /// The response, whose head has come, flows on as it comes: from now on its time is bounded from byte to byte
  /// (`Target::stream_idle_timeout`) and no longer as a whole.
  virtual void stream(CallId id) = 0;

  /// The next piece of a streamed request's body. False: it is taken, but no more until `on_writable`. True for an
  /// unknown id.
  virtual bool write_body(CallId id, std::string_view piece) = 0;
  virtual void end_body(CallId id) = 0;

  /// The sink hears nothing more; the exchange ends and its connection is closed. Also from inside a sink's own call.
  virtual void cancel(CallId id) = 0;

  /// Takes back a request of which nothing has been sent: its sink hears nothing more. False: it is under way, and goes
  /// on.
  virtual bool withdraw(CallId id) = 0;

  /// Whether one more request of this queue finds a connection or a place to wait for one.
  virtual bool has_room(std::size_t queue) const = 0;
};

/// Speaks HTTP/1.1. `pool` is that of all workers. Throws std::runtime_error if the target's URLs can't be used.
std::shared_ptr<Client> make_client(loop::EventLoop& loop, std::shared_ptr<Pool> pool,
                                    std::shared_ptr<const Target> target);

}  // namespace pgw::upstream
