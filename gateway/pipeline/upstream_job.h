// A request on its way upstream, and what its response, or the lack of one, means for the cache, for the contract and
// for the caller. One class for each kind: a read through the cache, a write, and a request that only passes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.h"
#include "gateway/pipeline/compression.h"
#include "gateway/pipeline/delivery.h"
#include "gateway/pipeline/local_response.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/request_context.h"
#include "gateway/pipeline/write_promise.h"
#include "gateway/upstream/breaker.h"
#include "gateway/upstream/client.h"

namespace pgw::pipeline {

/// What is to be asked, and on whose behalf.
struct Errand {
  std::shared_ptr<const Runtime> runtime;
  const contract::Operation* operation = nullptr;
  upstream::OutgoingRequest outgoing;
  bool has_client_credential = false;  ///< beside the gateway's own: what a 401 speaks of can't be told
  ContextPtr context;                  ///< null: nobody waits (a refresh in the background)
};

/// Lives until the upstream is done with it, whether or not the client is still there. Its response runs through
/// `response_phases()`; what a kind of job does otherwise than the others is virtual. Belongs to its worker's thread.
class UpstreamJob : public upstream::ResponseSink, public std::enable_shared_from_this<UpstreamJob> {
 public:
  UpstreamJob(Worker& worker, Errand errand);

  /// Sends the request, or answers at once where nothing may be asked now.
  void start();

  void on_interim(int status, const http::Fields& fields) final;
  void on_head(int status, http::Fields fields) final;
  bool on_body(std::string_view piece) final;
  void on_end() final;
  void on_writable() final;
  void on_failure(upstream::Failure failure, std::string_view detail) final;

  // The body of a request that goes upstream as it comes (`Upload`).
  bool send_body(std::string_view piece);
  void end_body();
  /// It goes no further, and neither does the request; the caller is told so.
  void refuse_body(Rejection rejection, LocalResponse response);
  /// The same where the caller is told by others, or gone.
  void give_up_body();

  // The phases of a response, in the order of `response_phases()`.
  Progress judge();
  virtual Progress learn() { return Progress::next; }
  Progress take_over_fields();
  virtual Progress claim();
  Progress negotiate();
  Progress deliver();
  virtual Progress keep_promise() { return Progress::next; }
  Progress check();
  virtual Progress store() { return Progress::next; }
  Progress answer();

 protected:
  using Clock = std::chrono::steady_clock;

  /// What is collected of a response that is only checked, or primes a read.
  static constexpr std::size_t checked_at_most = std::size_t{1024} * 1024;

  /// It is certain now that the request is sent.
  virtual void begin() {}

  /// The request was handed over.
  virtual void was_sent() {}

  /// Whether `send` may be called a second time, so that the request must be kept.
  virtual bool may_ask_again() const { return false; }

  /// The request was taken back while it waited for its turn: it won't be sent.
  virtual void withdrawn() {}

  /// Whether anybody has a use for the response: the client, or others.
  virtual bool is_wanted() const;

  /// How much of this response is collected for more than to be checked; 0: none of it.
  virtual std::size_t keeps_at_most() const { return 0; }

  /// The response is about to be streamed. False: what is stored stands in, and has been answered.
  virtual bool may_stream() { return true; }

  /// No response came, or none that may be used. Returns the stored one that stands in, or null.
  virtual cache::EntryPtr settle_failure(upstream::Failure failure) = 0;

  void send();
  void fail(upstream::Failure failure, std::string_view detail);
  void answer_from(const cache::EntryPtr& entry, cache::StoreResult result);
  void cancel();
  void let_client_go() { errand_.context = nullptr; }  // it has its answer
  void note_upstream(int status);
  bool must_fit_contract() const;
  bool has_content() const;

  Worker& worker() const { return worker_; }
  const Runtime& runtime() const { return *errand_.runtime; }
  const contract::Operation& operation() const { return *errand_.operation; }
  RequestContext* context() const { return errand_.context.get(); }
  upstream::OutgoingRequest& outgoing() { return errand_.outgoing; }
  int status() const { return status_; }
  const http::Fields& fields() const { return fields_; }
  std::vector<cache::Header> field_views() const;
  std::string& body() { return delivery_.body(); }
  /// Those that the response names itself; none also where it doesn't speak of tags at all.
  std::span<const cache::Tag> origin_tags() const {
    return origin_tags_ ? std::span<const cache::Tag>(*origin_tags_) : std::span<const cache::Tag>();
  }
  const cache::Tags* named_origin_tags() const { return origin_tags_ ? &*origin_tags_ : nullptr; }
  bool is_streaming() const { return delivery_.is_streaming(); }
  bool is_uploading() const { return is_uploading_; }
  bool has_head() const { return status_ != 0; }
  void forget_head();

 private:
  void run(ResponseMoment moment);
  std::optional<upstream::Failure> refusal();
  void follow_client();
  void begin_upload();
  void client_left();
  bool take_back();
  void abandon();
  void begin_streaming();
  std::optional<std::uint64_t> content_length() const;
  void answer_head();
  void relay_whole();
  void relay_without_content();
  void blame(upstream::Failure failure);
  void note_failure(upstream::Failure failure, std::string_view detail);
  bool is_refusal_of_credential() const;
  bool matches_contract();

  Worker& worker_;
  Errand errand_;
  upstream::Client::CallId call_ = 0;  // 0: the upstream is done with it
  upstream::Breaker::Permit permit_;
  Clock::time_point sent_at_;
  bool is_uploading_ = false;  // the body of the request hasn't come to its end
  int status_ = 0;
  http::Fields fields_;
  std::optional<cache::Tags> origin_tags_;
  CodingChoice coding_;  // if the response is streamed or relayed
  Delivery delivery_;
};

/// A read through the cache: what it brings is stored and shared as far as it may be.
class ReadJob final : public UpstreamJob {
 public:
  /// `revalidated`: what `fetch` would like to hear 304 about, or null.
  ReadJob(Worker& worker, Errand errand, cache::Fetch fetch, cache::EntryPtr revalidated);

  Progress claim() override;
  Progress store() override;

 protected:
  bool may_ask_again() const override { return revalidated_ != nullptr; }
  void was_sent() override;
  void withdrawn() override { fetch_ = {}; }  // whoever waits for it asks by itself
  bool is_wanted() const override;
  std::size_t keeps_at_most() const override;
  bool may_stream() override;
  cache::EntryPtr settle_failure(upstream::Failure failure) override;

 private:
  void answer_early();
  void note_why_not_stored();
  bool is_unmodified() const;
  bool is_endless() const;
  Progress store_unmodified();

  cache::Fetch fetch_;
  cache::EntryPtr revalidated_;
};

/// A write, with the promise that belongs to it.
class WriteJob final : public UpstreamJob {
 public:
  /// `changed`: the tags of what it makes stale.
  WriteJob(Worker& worker, Errand errand, cache::Tags changed);

  void on_repetition() override;
  Progress learn() override;
  Progress keep_promise() override;

 protected:
  void begin() override;
  void withdrawn() override { promise_.keep(); }
  bool is_wanted() const override;
  std::size_t keeps_at_most() const override;
  bool may_stream() override;
  cache::EntryPtr settle_failure(upstream::Failure failure) override;

 private:
  cache::TimePoint latest_effect() const;

  cache::Tags changed_;
  WritePromise promise_;
  cache::TimePoint sent_at_{};
};

/// Neither: a read that the cache has no part in, or an operation that changes nothing.
class PassJob final : public UpstreamJob {
 public:
  using UpstreamJob::UpstreamJob;

 protected:
  cache::EntryPtr settle_failure(upstream::Failure) override { return nullptr; }
};

}  // namespace pgw::pipeline
