// A request and a response as the stand-in's services see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgw::sandbox {

/// Every field line, in the order of the wire. Names keep their case and are compared without it.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string target;  ///< raw, with the query
  HttpHeaders headers;
  std::string body;
  bool keep_alive = true;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string_view query() const {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
  }
  /// The first field of this name.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Content-Length, Connection and Date are the connection's to add.
struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
};

/// The status line, the fields and the body. `head_only`: the answer to HEAD.
std::string serialise(const HttpResponse& response, bool keep_alive, bool head_only);

}  // namespace pgw::sandbox
