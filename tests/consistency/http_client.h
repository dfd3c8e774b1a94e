// A client of the gateway that notes when an answer begins to arrive.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "consistency/history.h"

namespace pgw::consistency {

struct Request {
  std::string method;
  std::string target;                          // after the base URL
  std::string body;                            // JSON; empty: none
  std::vector<std::string> fields;             // "Name: value"
  std::chrono::milliseconds patience{60'000};  // then the client leaves
};

struct Answer {
  int status = 0;  // 0: none came, or it broke off
  std::string cache_status;
  std::string body;
  Time sent;
  Time began;  // when its first byte was there; without an answer: when the client gave up
  Time ended;
};

// One keep-alive connection, used by one thread at a time.
class HttpClient {
 public:
  explicit HttpClient(std::string base_url);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Answer send(const Request& request);

 private:
  struct Handle;
  std::string base_url_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace pgw::consistency
