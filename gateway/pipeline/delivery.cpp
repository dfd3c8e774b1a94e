#include "gateway/pipeline/delivery.h"

namespace pgw::pipeline {

void Delivery::collect_at_most(std::size_t limit, bool is_budgeted, std::optional<std::uint64_t> length) {
  limit_ = limit;
  is_budgeted_ = is_budgeted;
  if (length && *length <= limit) body_.reserve(*length);
}

bool Delivery::collect(std::string_view piece) {
  if (body_.size() + piece.size() > limit_) return false;
  if (is_budgeted_) {
    if (!budget_.take(held_, piece.size())) return false;
    held_ += piece.size();
  }
  body_ += piece;
  return true;
}

void Delivery::stream_to(http::Exchange* client, std::optional<std::uint64_t> length) {
  is_streaming_ = true;
  client_ = client;
  may_run_ahead_ = length && *length <= run_ahead_at_most;
  const bool is_taken = client_ == nullptr || write(body_);
  std::string().swap(body_);  // an assignment would keep the storage
  if (is_taken) give_back();  // else when the client has taken it: until then the exchange holds it
}

bool Delivery::pass(std::string_view piece) {
  if (client_ == nullptr || write(piece) || client_->client_gone()) return true;
  if (run_ahead(piece.size())) return true;
  was_held_up_ = true;
  return false;
}

void Delivery::finish() {
  if (encoder_ == nullptr || client_ == nullptr) return;
  coded_.clear();
  encoder_->finish(coded_);
  client_->write(coded_);
}

bool Delivery::write(std::string_view piece) {
  if (encoder_ == nullptr || piece.empty()) return client_->write(piece);
  coded_.clear();
  encoder_->append(coded_, piece);
  return client_->write(coded_);
}

bool Delivery::run_ahead(std::size_t bytes) {
  if (!may_run_ahead_ || !budget_.take(held_, bytes)) return false;
  held_ += bytes;
  return true;
}

}  // namespace pgw::pipeline
