#include "http_client.h"

#include <stdexcept>

#include "http_bytes.h"

namespace pgw::bench {

RequestSource::RequestSource(const RequestOptions& options)
    : varies_(options.target.find("{}") != std::string::npos), spread_(options.spread), random_(options.random) {
  const auto number = options.target.find("{}");
  before_ = options.method + " " + options.target.substr(0, number);
  after_ = (varies_ ? options.target.substr(number + 2) : "") + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& header : options.headers) after_ += header + "\r\n";
  if (!options.body.empty()) after_ += "Content-Length: " + std::to_string(options.body.size()) + "\r\n";
  after_ += "\r\n" + options.body;
  bytes_ = before_ + after_;
}

std::string_view RequestSource::next() {
  if (!varies_) return bytes_;
  bytes_ = before_;
  bytes_ += std::to_string(number_);
  bytes_ += after_;
  number_ = (random_ ? generator_() : number_ + 1) % spread_;
  return bytes_;
}

bool ResponseReader::take(std::string_view bytes) {
  if (!in_body_) {
    head_ += bytes;
    const auto message = message_in(head_);
    if (!message) return false;
    status_ = status_of(message->head);
    const bool has_body = status_ != 304 && status_ != 204;
    if (has_body && field_of(message->head, "content-length").empty()) {
      throw std::runtime_error("a response without Content-Length:\n" + std::string(message->head));
    }
    bytes.remove_prefix(message->head.size() - (head_.size() - bytes.size()));
    body_left_ = has_body ? message->content_length : 0;
    head_.clear();
    in_body_ = true;
  }
  if (bytes.size() > body_left_) throw std::runtime_error("more bytes than the response has");
  body_left_ -= bytes.size();
  in_body_ = body_left_ > 0;
  return !in_body_;
}

}  // namespace pgw::bench
