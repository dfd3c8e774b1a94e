// A response as the stand-in's services make it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pgw::sandbox {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Content-Length, Connection and Date are the server's to add.
struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
};

}  // namespace pgw::sandbox
