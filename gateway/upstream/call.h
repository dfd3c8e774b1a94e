// One request on one libcurl easy handle: its options, its callbacks, its response head.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "gateway/upstream/client.h"
#include "gateway/upstream/destination.h"

namespace pgw::upstream {

/// A request under way. It stays at one address while its handle is in a multi handle: libcurl holds pointers to it.
class Call {
 public:
  using Clock = std::chrono::steady_clock;

  Call(std::uint64_t id, OutgoingRequest request, std::shared_ptr<ResponseSink> sink,
       std::shared_ptr<const Destination> destination, Clock::time_point now);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Puts this request's options on `handle` and takes it. Its private pointer leads back to this call.
  void prepare(Handle handle);

  /// Gives the handle back, for the next call.
  Handle release();

  /// The end that libcurl reports, told to the sink; or, when asking again is right, true and nothing told.
  bool wants_retry(CURLcode result) const;
  void finish(CURLcode result);
  void fail(Failure failure);

  /// When the upstream has had its time. Later by every pause: that one is the sink's.
  Clock::time_point deadline() const { return deadline_; }
  void time_out();

  bool is_paused() const { return paused_at_.has_value(); }
  void resume();

  /// From now on the sink hears nothing and the transfer ends at its next byte.
  void silence() { sink_ = nullptr; }

  std::uint64_t id() const { return id_; }
  CURL* easy() const { return handle_.easy.get(); }
  const std::shared_ptr<const Destination>& destination() const { return destination_; }
  unsigned attempts() const { return attempts_; }

 private:
  /// libcurl asks before it sends: a second time if the connection was found dead.
  static int on_about_to_send(void* self, char*, char*, int, int);
  /// Both end the transfer by taking less than was offered.
  static std::size_t on_header_line(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body_piece(char* data, std::size_t, std::size_t size, void* self);

  bool take_header_line(std::string_view line);
  bool take_status_line(std::string_view line);
  bool take_field(std::string_view name, std::string_view value);
  bool is_acceptable_length(std::string_view value) const;
  bool is_compressed() const;
  bool end_head();
  void finish_interim();
  void finish_head();
  http::Fields take_end_to_end_fields();
  bool goes_on(const http::Field& field) const;
  bool gives_credential_away(const http::Field& field) const;
  void deliver(std::string_view piece);
  bool is_sent_as_post() const;
  void set_method_and_body();
  void set_fields();
  bool waits_for_connection() const;
  bool is_ready_to_send() const;
  Failure failure_of(CURLcode result) const;

  const std::uint64_t id_;
  OutgoingRequest request_;
  std::shared_ptr<ResponseSink> sink_;
  const std::shared_ptr<const Destination> destination_;
  Clock::time_point deadline_;
  unsigned attempts_ = 0;

  Handle handle_;
  bool has_been_sent_ = false;

  int status_ = 0;
  http::Fields fields_;     // without those that always speak of one connection
  std::string connection_;  // the options of Connection, comma-separated
  bool has_transfer_coding_ = false;
  bool head_done_ = false;
  std::optional<Clock::time_point> paused_at_;
  CredentialFilter filter_;
};

}  // namespace pgw::upstream
