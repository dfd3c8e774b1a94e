// Asks the upstream: libcurl's multi interface on a worker's own event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/http/message.h"
#include "gateway/upstream/credential.h"
#include "gateway/upstream/failure.h"

namespace pgw::upstream {

/// Where and how to ask. Durations are milliseconds; limits are this worker's share.
struct Target {
  std::string base_url;  ///< "https://host/v4": scheme, authority and base path, no trailing slash
  std::chrono::milliseconds connect_timeout{2'000};
  /// For the whole exchange, retries and waiting for a connection included; not for what the sink holds up.
  std::chrono::milliseconds timeout{30'000};
  unsigned max_connections = 64;
  unsigned max_waiting = 1'024;  ///< requests beyond the connections that may wait for one; more are refused
  unsigned retries = 2;
  std::string ca_file;                           ///< PEM bundle; empty: the system's
  std::shared_ptr<const Credential> credential;  ///< null: the upstream wants none
};

struct OutgoingRequest {
  std::string method;
  std::string path_and_query;  ///< below base_url: "/projects/pr_1?page=0"
  /// End-to-end fields. Host and Content-Length are libcurl's; the credential is ours, and so is Accept-Encoding: what
  /// is compressed could neither be searched for the credential nor compared with the contract.
  std::vector<http::Field> fields;
  std::string body;
  bool repeatable = false;  ///< safe (RFC 9110 section 9.2.1): may be sent again after a connection failure
};

/// Receives one response. All calls come from the worker's loop, never from inside `Client::start`. Exactly one of
/// `on_end` and `on_failure` comes last, unless the call is cancelled.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;

  /// An interim response (RFC 9110 section 15.2) but 100 and 101, which concern one connection. Any number, before the
  /// head; also of an attempt that is made again afterwards.
  virtual void on_interim(int status, const http::Fields& fields) {
    static_cast<void>(status), static_cast<void>(fields);
  }

  /// The final (non-1xx) status and its end-to-end fields, without any that carry the credential.
  virtual void on_head(int status, http::Fields fields) = 0;

  /// Some of the body, in the sink's hands when this returns. False: deliver no more until `Client::resume`.
  virtual bool on_body(std::string_view piece) = 0;

  virtual void on_end() = 0;
  virtual void on_failure(Failure failure) = 0;
};

/// One per worker; only its own loop's thread may call it. Connections are kept alive and reused, HTTP/2 is used where
/// the upstream offers it, certificates are verified, redirects are not followed, proxies of the environment are
/// ignored.
///
/// A request that is not repeatable is never sent twice: where libcurl itself would, on a connection that turns out to
/// be dead, the call fails instead (RFC 9110 section 9.2.2).
class Client {
 public:
  using CallId = std::uint64_t;

  Client(loop::EventLoop& loop, Target target);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Takes effect for requests that start afterwards.
  void retarget(Target target);

  CallId start(OutgoingRequest request, std::shared_ptr<ResponseSink> sink);

  /// Goes on after `on_body` said false. Unknown ids (ended meanwhile) are ignored, here and in `cancel`.
  void resume(CallId id);

  /// The sink hears nothing more; the transfer ends and its connection is closed. Also from inside a sink's own call.
  void cancel(CallId id);

  /// Whether one more request finds a connection or a place to wait for one.
  bool has_room() const;

 private:
  class Multi;
  std::unique_ptr<Multi> multi_;
};

}  // namespace pgw::upstream
