// A target as libcurl is told about it: what is the same for all its requests is parsed, set and allocated once.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "gateway/upstream/client.h"
#include "gateway/upstream/field_lines.h"

namespace pgw::upstream {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// An easy handle, and the field lines of its request; both are used again and again.
struct Handle {
  Easy easy;
  FieldLines lines;

  explicit operator bool() const { return easy != nullptr; }
};

/// Immutable. Handles made by it point into it, so it must outlive them.
class Destination {
 public:
  /// Throws std::runtime_error if libcurl can't make sense of `target.base_url`.
  explicit Destination(Target target);

  /// A handle with every option set that doesn't change. Empty if libcurl has no memory.
  Handle make_handle() const;

  const Target& target() const { return target_; }

  /// What goes before each request's own path: "/v4", or nothing.
  const std::string& base_path() const { return base_path_; }

 private:
  const Target target_;
  std::string base_path_;
  // Scheme and authority. The rest of the URL is given as the request's target: parsing a whole URL anew for each
  // request would be a tenth of what libcurl does for it.
  std::unique_ptr<CURLU, UrlDeleter> origin_;
};

}  // namespace pgw::upstream
