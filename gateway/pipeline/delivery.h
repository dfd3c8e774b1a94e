// How a response's body reaches its client: collected first, or as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/coding.h"
#include "gateway/http/exchange.h"
#include "gateway/pipeline/collecting_budget.h"

namespace pgw::pipeline {

/// Belongs to one response. What it holds in memory, it takes from the worker's budget.
class Delivery {
 public:
  /// A response of no more than this is taken off the upstream's hands whole where its client reads slowly, as far as
  /// the budget allows: the connection is another request's then.
  static constexpr std::uint64_t run_ahead_at_most = std::uint64_t{1024} * 1024;

  explicit Delivery(CollectingBudget& budget) : budget_(budget) {}
  ~Delivery() { give_back(); }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  bool is_streaming() const { return is_streaming_; }

  /// Collects at most `limit` bytes. `is_budgeted`: false where the body must not go on before it was looked at, for
  /// want of memory or not.
  void collect_at_most(std::size_t limit, bool is_budgeted, std::optional<std::uint64_t> length);

  /// False: it doesn't fit, nothing was taken; stream.
  bool collect(std::string_view piece);

  std::string& body() { return body_; }

  /// What is streamed goes through this; to be called before `stream_to`. Each piece can be decoded as soon as it is
  /// there: nothing is held back for the sake of a better coding.
  void encode(std::unique_ptr<http::Encoder> encoder) { encoder_ = std::move(encoder); }

  /// From now on pieces go to `client` (null: to nobody), what was collected first.
  void stream_to(http::Exchange* client, std::optional<std::uint64_t> length);

  /// False: the client holds the response up; deliver no more until it has read on.
  bool pass(std::string_view piece);

  /// The last piece has been passed on.
  void finish();

  /// The client has taken what was waiting for it.
  void give_back() { budget_.give_back(std::exchange(held_, 0)); }

  bool was_held_up() const { return was_held_up_; }

 private:
  bool run_ahead(std::size_t bytes);
  bool write(std::string_view piece);

  CollectingBudget& budget_;
  bool is_streaming_ = false;
  bool is_budgeted_ = true;
  bool may_run_ahead_ = false;
  bool was_held_up_ = false;
  std::size_t limit_ = 0;
  std::size_t held_ = 0;  // of the budget
  std::string body_;
  std::unique_ptr<http::Encoder> encoder_;  // null: pieces go as they are
  std::string coded_;                       // storage
  http::Exchange* client_ = nullptr;
};

}  // namespace pgw::pipeline
