// Two clients of a running sandbox: libcurl, as the gateway uses it, and a bare socket.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace pgw::sandbox::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  int status = 0;            ///< 0: no answer
  bool empty_reply = false;  ///< the connection ended without an answer
  bool new_connection = false;
  double seconds = 0;
  Headers headers;
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
  /// Without regard to case; empty if absent.
  std::string header(std::string_view name) const;
  /// How many fields of this name there are.
  int count(std::string_view name) const;
};

struct Request {
  std::string method = "GET";
  std::string path;  ///< after the base path
  std::optional<std::string> body = std::nullopt;
  Headers headers = {};  ///< "X-API-KEY" and, with a body, "Content-Type" are added if absent
};

/// One libcurl handle: consecutive requests use one connection if the server lets them.
class Client {
 public:
  explicit Client(std::string base_url);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Response send(const Request& request);

 private:
  struct Handle;
  std::string base_url_;
  std::unique_ptr<Handle> handle_;
};

/// A TCP connection on which the test writes what it likes. Reads give up after 10 seconds.
class RawConnection {
 public:
  explicit RawConnection(const std::string& url);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void write(std::string_view bytes);
  /// Up to and with the delimiter; what came if the connection ends before.
  std::string read_until(std::string_view delimiter);
  /// One response with a Content-Length.
  std::string read_response();
  /// Until the server closes the connection.
  std::string read_to_end();
  /// Whether anything has arrived by now.
  bool has_input() const;

 private:
  bool fill();

  int socket_;
  std::string input_;
};

}  // namespace pgw::sandbox::test
