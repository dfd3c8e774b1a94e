#include "sandbox/http_message.h"

#include <chrono>

#include "base/http_date.h"
#include "base/text.h"

namespace pgw::sandbox {

namespace {

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

/// RFC 9110 section 8.6: no Content-Length on these.
bool never_has_content(int status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [candidate, value] : headers) {
    if (base::iequals(candidate, name)) return value;
  }
  return std::nullopt;
}

std::string serialise(const HttpResponse& response, bool keep_alive, bool head_only) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " + reason_phrase(response.status) + "\r\n";
  out += "Date: " +
         base::format_http_date(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())) +
         "\r\n";
  for (const auto& [name, value] : response.headers) out.append(name).append(": ").append(value).append("\r\n");
  const bool has_content = !never_has_content(response.status);
  if (has_content) out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (has_content && !head_only) out += response.body;
  return out;
}

}  // namespace pgw::sandbox
