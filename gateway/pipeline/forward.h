// A request on its way upstream, and phase 9, `settle`: what its response, or the lack of one, means for the cache, for
// the contract and for the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cache/cache.h"
#include "gateway/pipeline/request_context.h"
#include "gateway/upstream/breaker.h"
#include "gateway/upstream/client.h"

namespace pgw::pipeline {

/// What is to be asked, and on whose behalf. At most one of `fetch` and `changed` is set: a read through the cache, a
/// write, or, with neither, a request that only passes.
struct ForwardJob {
  std::shared_ptr<const Runtime> runtime;
  const contract::Operation* operation = nullptr;
  upstream::OutgoingRequest outgoing;
  cache::Fetch fetch;
  cache::EntryPtr revalidated;  ///< what `fetch` would like to hear 304 about
  cache::Tags changed;          ///< of a write: what it makes stale
  ContextPtr context;           ///< null: nobody waits (a refresh in the background)
};

/// Lives until the upstream is done with it, whether or not the client is still there: followers and the cache may want
/// the response all the same.
class Forward final : public upstream::ResponseSink, public std::enable_shared_from_this<Forward> {
 public:
  static void start(Worker& worker, ForwardJob job);

  Forward(Worker& worker, ForwardJob job);
  ~Forward() override;
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;

  void on_repetition() override { is_repeated_ = true; }
  void on_interim(int status, const http::Fields& fields) override;
  void on_head(int status, http::Fields fields) override;
  bool on_body(std::string_view piece) override;
  void on_end() override;
  void on_failure(upstream::Failure failure, std::string_view detail) override;

 private:
  /// How the response reaches the caller.
  enum class Delivery {
    whole,      ///< collected first: to be stored, shared or checked
    streaming,  ///< passed on as it comes
  };

  void begin_write();
  void send();
  void follow_client();
  void bound_patience();
  void answer_early();
  void answer_head();
  void client_left();
  bool is_wanted() const;

  void judge_health(int status);
  void settle_write(const http::Fields& fields);
  bool is_refused_write() const;
  void end_write();
  Delivery choose_delivery();
  bool stale_stands_in();
  bool collect(std::string_view piece);
  void give_back_budget();
  void begin_streaming();
  bool is_unmodified() const;

  void blame(upstream::Failure failure);
  bool has_content() const;
  void settle_read();
  void settle_unmodified();
  void settle_pass();
  bool response_is_acceptable();
  bool matches_contract();
  void answer_from(const cache::EntryPtr& entry, cache::StoreResult result);
  void answer_relayed();
  void answer_failure(upstream::Failure failure, std::string_view detail);
  void note_upstream(int status);

  Worker& worker_;
  ForwardJob job_;
  upstream::Client::CallId call_ = 0;
  std::chrono::steady_clock::time_point sent_at_;
  cache::WriteGuard guard_;              ///< of a write, from its sending to its end
  cache::TimePoint sent_at_wall_clock_;  ///< of a write

  upstream::Breaker::Permit permit_;
  bool is_repeated_ = false;  ///< sent more than once

  int status_ = 0;
  http::Fields fields_;
  std::string body_;
  Delivery delivery_ = Delivery::whole;
  std::size_t collect_at_most_ = 0;
  std::size_t collected_ = 0;  ///< of the worker's budget
  bool was_held_up_ = false;   ///< by a client that reads slowly
};

/// Whether the client's Authorization goes upstream: where callers have no keys of ours, and the upstream's credential
/// is another field. Then the upstream may answer each caller differently (RFC 9111 section 3.5).
bool forwards_authorization(const RequestContext& context);

/// Whether it does with this request.
bool is_authorized(const RequestContext& context);

/// Whether a request field ends in the gateway, so that neither the upstream nor the cache sees it: the caller's key,
/// Accept-Encoding, what the client sends in the place of the upstream's credential, and the Range of a HEAD, which has
/// a meaning for GET only (RFC 9110 section 14.2) and would get one where GET is asked upstream.
bool stays_here(const RequestContext& context, std::string_view name);

/// What goes upstream for this request: method, canonical path, query as received, end-to-end fields without the
/// caller's key. `validators`: those of a stored entry; with `for_cache` the client's own conditions and ranges stay
/// behind.
upstream::OutgoingRequest outgoing_request(const RequestContext& context, bool for_cache,
                                           std::span<const cache::Header> validators);

}  // namespace pgw::pipeline
