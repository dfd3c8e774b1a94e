#include "gateway/http/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/list.h"
#include "base/text.h"

namespace pgw::http {
namespace {

/// Most messages have no more: room for them is made at once.
constexpr std::size_t usual_fields = 12;

}  // namespace

Fields::Fields(const Fields& other) : fields_(other.begin(), other.end()), size_(other.size_) {}

Fields::Fields(Fields&& other) noexcept : fields_(std::move(other.fields_)), size_(std::exchange(other.size_, 0)) {}

Fields& Fields::operator=(const Fields& other) {
  if (this != &other) {
    fields_.assign(other.begin(), other.end());
    size_ = other.size_;
  }
  return *this;
}

Fields& Fields::operator=(Fields&& other) noexcept {
  if (this != &other) {
    fields_ = std::move(other.fields_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

const std::string* Fields::find(std::string_view name) const {
  for (const Field& field : *this) {
    if (base::iequals(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::vector<std::string_view> Fields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : *this) {
    if (base::iequals(field.name, name)) values.emplace_back(field.value);
  }
  return values;
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [name](const Field& field) { return base::iequals(field.name, name); }));
}

void Fields::add(std::string_view name, std::string_view value) {
  if (size_ == fields_.size()) {
    if (size_ == 0) fields_.reserve(usual_fields);
    fields_.push_back({std::string(name), std::string(value)});
  } else {
    fields_[size_].name.assign(name);
    fields_[size_].value.assign(value);
  }
  ++size_;
}

void Fields::set(std::string_view name, std::string_view value) {
  const std::string kept_name(name);  // the arguments may point into a field that goes
  const std::string kept_value(value);
  erase(kept_name);
  add(kept_name, kept_value);
}

std::size_t Fields::erase(std::string_view name) {
  const std::string kept_name(name);
  const auto live_end = fields_.begin() + static_cast<std::ptrdiff_t>(size_);
  const auto rest = std::stable_partition(fields_.begin(), live_end,
                                          [&](const Field& field) { return !base::iequals(field.name, kept_name); });
  const auto erased = static_cast<std::size_t>(live_end - rest);
  size_ -= erased;
  return erased;
}

void Request::clear() {
  for (std::string* text : {&method, &target, &path, &query, &host, &body, &peer}) text->clear();
  has_query = from_trusted_proxy = false;
  version_minor = 1;
  fields.clear();
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 102:
      return "Processing";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 508:
      return "Loop Detected";
    case 511:
      return "Network Authentication Required";
    default:
      return "Unknown";
  }
}

bool has_content(bool is_head_request, int status) {
  return !is_head_request && status >= 200 && status != 204 && status != 304;
}

std::string connection_options(const Fields& fields) {
  std::string options;
  for (const Field& field : fields) {
    if (!base::iequals(field.name, "connection")) continue;
    if (!options.empty()) options += ',';
    options += field.value;
  }
  return options;
}

std::span<const std::string_view> always_hop_by_hop() {
  static constexpr std::array<std::string_view, 10> names = {"connection",
                                                             "keep-alive",
                                                             "proxy-connection",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "proxy-authenticate",
                                                             "proxy-authorization",
                                                             "proxy-authentication-info"};
  return names;
}

bool is_hop_by_hop(std::string_view name, std::string_view connection_options) {
  const auto always = always_hop_by_hop();
  return std::any_of(always.begin(), always.end(),
                     [name](std::string_view known) { return base::iequals(name, known); }) ||
         base::list_contains(connection_options, name);
}

}  // namespace pgw::http
