#include "consistency/http_client.h"

#include <stdexcept>
#include <string_view>

#include <curl/curl.h>

namespace pgw::consistency {
namespace {

std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* into) {
  auto& answer = *static_cast<Answer*>(into);
  if (answer.began == Time{}) answer.began = Clock::now();
  constexpr std::string_view kName = "Cache-Status: ";
  std::string_view line(bytes, count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with(kName)) answer.cache_status = line.substr(kName.size());
  return count;
}

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* into) {
  static_cast<Answer*>(into)->body.append(bytes, count);
  return count;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

List field_list(const Request& request) {
  List list;
  const auto append = [&](const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); };
  for (const std::string& field : request.fields) append(field);
  if (!request.body.empty()) append("Content-Type: application/json");
  return list;
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl;
};

HttpClient::HttpClient(std::string base_url) : base_url_(std::move(base_url)) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  handle_ = std::make_unique<Handle>(Handle{initialised == CURLE_OK ? curl_easy_init() : nullptr});
  if (handle_->curl == nullptr) throw std::runtime_error("libcurl can't begin");
}

HttpClient::~HttpClient() {
  curl_easy_cleanup(handle_->curl);
}

Answer HttpClient::send(const Request& request) {
  CURL* const curl = handle_->curl;
  Answer answer;
  const std::string url = base_url_ + request.target;
  const List fields = field_list(request);
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.patience.count()));
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  answer.sent = Clock::now();
  const CURLcode result = curl_easy_perform(curl);
  answer.ended = Clock::now();
  if (answer.began == Time{}) answer.began = answer.ended;
  long status = 0;
  if (result == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace pgw::consistency
