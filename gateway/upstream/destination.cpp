#include "gateway/upstream/destination.h"

#include <stdexcept>
#include <utility>

namespace pgw::upstream {
namespace {

// libcurl allocates it anew for each transfer. From 64 KiB on the allocator would tidy up its whole heap every time it
// is freed.
constexpr long buffer_bytes = 32L * 1024;

/// Where the path of "scheme://authority/path" begins; its end if there is none.
std::size_t path_begin(const std::string& url) {
  const auto authority = url.find("://");
  const auto slash = authority == std::string::npos ? authority : url.find('/', authority + 3);
  return slash == std::string::npos ? url.size() : slash;
}

}  // namespace

Destination::Destination(Target target) : target_(std::move(target)), origin_(curl_url()) {
  const auto path = path_begin(target_.base_url);
  base_path_ = target_.base_url.substr(path);
  const std::string origin = target_.base_url.substr(0, path) + "/";
  if (origin_ == nullptr || curl_url_set(origin_.get(), CURLUPART_URL, origin.c_str(), 0) != CURLUE_OK) {
    throw std::runtime_error("libcurl can't use the upstream's URL");
  }
}

Handle Destination::make_handle() const {
  Handle made{Easy(curl_easy_init()), {}};
  if (!made) return made;
  CURL* easy = made.easy.get();
  curl_easy_setopt(easy, CURLOPT_CURLU, origin_.get());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // unset, each request would look for it in the environment, twice
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!target_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, target_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_bytes);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(target_.connect_timeout.count()));
  return made;
}

}  // namespace pgw::upstream
