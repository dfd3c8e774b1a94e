// libcurl's handles, owned.
#pragma once

#include <array>
#include <memory>

#include <curl/curl.h>

namespace pgw::upstream {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// One connection as libcurl sees it; with its own multi handle it takes three descriptors. The easy handle must stay
/// in a multi handle as long as it sends and receives; the multi handle is its own, so that the connection can change
/// workers, and libcurl, which looks for a handle's connection among all of its multi handle, finds it at once. Used by
/// one thread at a time.
struct Wire {
  Wire() : multi(curl_multi_init()), easy(curl_easy_init()) {}
  ~Wire() {
    if (multi != nullptr && easy != nullptr) curl_multi_remove_handle(multi.get(), easy.get());
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// What libcurl must not close at its end: somebody else has it.
  curl_socket_t kept = CURL_SOCKET_BAD;
  std::unique_ptr<CURLM, MultiDeleter> multi;
  std::unique_ptr<curl_slist, ListDeleter> resolved;  // what the host's name stands for; the easy handle points to it
  std::array<char, CURL_ERROR_SIZE> error{};          // the easy handle points to it
  std::unique_ptr<CURL, EasyDeleter> easy;
};

}  // namespace pgw::upstream
