#include "sandbox/request_reader.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace pgw::sandbox {

namespace http = boost::beast::http;

struct RequestReader::Parser {
  http::request_parser<http::string_body> beast;
  int error_status = 0;
  bool continued = false;

  Parser() {
    beast.header_limit(max_header_size);
    beast.body_limit(max_body_size);
    beast.eager(true);
  }

  bool expects_continue() const {
    if (continued || !beast.is_header_done() || beast.is_done()) return false;
    return boost::beast::iequals(beast.get()[http::field::expect], "100-continue");
  }
};

RequestReader::RequestReader() : parser_(std::make_unique<Parser>()) {}
RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::read(std::string& input) {
  boost::beast::error_code error;
  const std::size_t consumed = parser_->beast.put(boost::asio::buffer(input.data(), input.size()), error);
  input.erase(0, consumed);
  if (error && error != http::error::need_more) {
    parser_->error_status = 400;
    if (error == http::error::body_limit) parser_->error_status = 413;
    if (error == http::error::header_limit) parser_->error_status = 431;
    return Progress::malformed;
  }
  if (parser_->beast.is_done()) return Progress::complete;
  if (!parser_->expects_continue()) return Progress::incomplete;
  parser_->continued = true;
  return Progress::wants_continue;
}

HttpRequest RequestReader::take() {
  HttpRequest request;
  request.keep_alive = parser_->beast.keep_alive();
  auto message = parser_->beast.release();
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  parser_ = std::make_unique<Parser>();
  return request;
}

int RequestReader::error_status() const {
  return parser_->error_status;
}

}  // namespace pgw::sandbox
