// One request on one libcurl easy handle: its options, its callbacks, its response head.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "gateway/http/message.h"
#include "gateway/upstream/client.h"

namespace pgw::upstream {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct FieldListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using FieldList = std::unique_ptr<curl_slist, FieldListDeleter>;

/// An easy handle with every option that is the same for all requests to this target. Null if libcurl has no memory.
Easy make_easy(const Target& target);

/// A request under way. It stays at one address while its handle is in a multi handle: libcurl holds pointers to it.
class Call {
 public:
  using Clock = std::chrono::steady_clock;

  Call(std::uint64_t id, OutgoingRequest request, std::shared_ptr<ResponseSink> sink,
       std::shared_ptr<const Target> target, Clock::time_point now);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Puts this request's options on `easy` and takes it. The handle's private pointer leads back to this call.
  void prepare(Easy easy, Clock::time_point now);

  /// Gives the handle back, for the next call.
  Easy release();

  /// The end that libcurl reports, told to the sink; or, when asking again is right, true and nothing told.
  bool wants_retry(CURLcode result) const;
  void finish(CURLcode result);
  void fail(Failure failure);

  void resume();

  /// From now on the sink hears nothing and the transfer ends at its next byte.
  void silence() { sink_ = nullptr; }

  std::uint64_t id() const { return id_; }
  CURL* handle() const { return easy_.get(); }
  const std::shared_ptr<const Target>& target() const { return target_; }
  unsigned attempts() const { return attempts_; }

 private:
  static std::size_t on_header_line(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body_piece(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body_wanted(char* buffer, std::size_t size, std::size_t count, void* self);

  void take_header_line(std::string_view line);
  void finish_interim();
  void finish_head();
  http::Fields end_to_end_fields() const;
  bool gives_credential_away(const http::Field& field) const;
  void deliver(std::string_view piece);
  void set_method_and_body();
  void set_fields();
  Failure failure_of(CURLcode result) const;

  const std::uint64_t id_;
  OutgoingRequest request_;
  std::shared_ptr<ResponseSink> sink_;
  std::shared_ptr<const Target> target_;
  const Clock::time_point deadline_;
  unsigned attempts_ = 0;

  Easy easy_;
  FieldList field_list_;
  std::size_t body_sent_ = 0;

  int status_ = 0;
  http::Fields fields_;
  bool head_done_ = false;
  bool paused_ = false;
  CredentialFilter filter_;
};

}  // namespace pgw::upstream
