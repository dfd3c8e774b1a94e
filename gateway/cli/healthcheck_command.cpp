#include <iostream>
#include <memory>

#include <curl/curl.h>

#include "gateway/cli/commands.h"

namespace pgw::cli {
namespace {

constexpr long patience_seconds = 2;

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

}  // namespace

int healthcheck(const std::string& admin_url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
  if (easy == nullptr) return 1;
  const std::string url = admin_url + "/readyz";
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, patience_seconds);
  curl_easy_setopt(easy.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &discard);
  const CURLcode result = curl_easy_perform(easy.get());
  if (result == CURLE_OK) return 0;
  std::cerr << "not ready: " << curl_easy_strerror(result) << '\n';
  return 1;
}

}  // namespace pgw::cli
