#include "sandbox/client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

namespace pgw::sandbox::test {

namespace {

bool equal_names(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool names(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& field) { return equal_names(field.first, name); });
}

std::size_t append_body(char* bytes, std::size_t, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(bytes, count);
  return count;
}

std::size_t append_header(char* bytes, std::size_t, std::size_t count, void* headers) {
  std::string_view line(bytes, count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return count;
  static_cast<Headers*>(headers)->emplace_back(line.substr(0, colon), line.substr(colon + 2));
  return count;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

List header_list(const Request& request) {
  Headers headers = request.headers;
  if (!names(headers, "X-API-KEY")) headers.emplace_back("X-API-KEY", "a-key");
  if (request.body && !names(headers, "Content-Type")) headers.emplace_back("Content-Type", "application/json");
  List list;
  for (const auto& [name, value] : headers) {
    const std::string line = value.empty() ? name + ":" : name + ": " + value;
    list.reset(curl_slist_append(list.release(), line.c_str()));
  }
  return list;
}

}  // namespace

std::string Response::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& field) { return equal_names(field.first, name); });
  return found == headers.end() ? "" : found->second;
}

int Response::count(std::string_view name) const {
  return static_cast<int>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& field) { return equal_names(field.first, name); }));
}

struct Client::Handle {
  CURL* curl;
};

Client::Client(std::string base_url) : base_url_(std::move(base_url)) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw std::runtime_error("libcurl can't begin");
  handle_ = std::make_unique<Handle>(Handle{curl_easy_init()});
}

Client::~Client() {
  curl_easy_cleanup(handle_->curl);
}

Response Client::send(const Request& request) {
  CURL* curl = handle_->curl;
  Response response;
  const List headers = header_list(request);
  const std::string url = base_url_ + request.path;
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, append_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response.headers);
  if (request.body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body->data());
  }
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  const CURLcode result = curl_easy_perform(curl);
  response.empty_reply = result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR;
  long number = 0;
  if (result == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &number);
  response.status = static_cast<int>(number);
  curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &number);
  response.new_connection = number > 0;
  curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &response.seconds);
  return response;
}

RawConnection::RawConnection(const std::string& url) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto colon = url.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("can't connect to " + url);
  }
}

RawConnection::~RawConnection() {
  ::close(socket_);
}

void RawConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the server closed the connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawConnection::fill() {
  char buffer[16384];
  const ssize_t received = ::recv(socket_, buffer, sizeof buffer, 0);
  if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("the server is silent");
  if (received <= 0) return false;
  input_.append(buffer, static_cast<std::size_t>(received));
  return true;
}

std::string RawConnection::read_until(std::string_view delimiter) {
  std::size_t end = input_.find(delimiter);
  while (end == std::string::npos && fill()) end = input_.find(delimiter);
  if (end == std::string::npos) return std::exchange(input_, "");
  std::string text = input_.substr(0, end + delimiter.size());
  input_.erase(0, text.size());
  return text;
}

std::string RawConnection::read_response() {
  std::string head = read_until("\r\n\r\n");
  const auto at = head.find("Content-Length: ");
  const std::size_t length = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  while (input_.size() < length && fill()) continue;
  head += input_.substr(0, length);
  input_.erase(0, length);
  return head;
}

std::string RawConnection::read_to_end() {
  while (fill()) continue;
  return std::exchange(input_, "");
}

bool RawConnection::has_input() const {
  char byte = 0;
  return !input_.empty() || ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace pgw::sandbox::test
