#include "gateway/upstream/destination.h"

#include <arpa/inet.h>
#include <array>
#include <fcntl.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <openssl/ssl.h>

namespace pgw::upstream {
namespace {

using Url = std::unique_ptr<CURLU, UrlDeleter>;

/// libcurl allocates it for each connection; what is received doesn't go through it.
constexpr long smallest_buffer = 1024;
constexpr std::string_view default_proxy_port = "1080";  // as libcurl has it

/// Where the path of "scheme://authority/path" begins; its end if there is none.
std::size_t path_begin(const std::string& url) {
  const auto authority = url.find("://");
  const auto slash = authority == std::string::npos ? authority : url.find('/', authority + 3);
  return slash == std::string::npos ? url.size() : slash;
}

Url parse(const std::string& text) {
  Url url(curl_url());
  const unsigned flags = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags) != CURLUE_OK) {
    throw std::runtime_error("libcurl can't use the URL of the upstream or of its proxy");
  }
  return url;
}

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return host.starts_with('[') || inet_pton(AF_INET, host.c_str(), parsed.data()) == 1;
}

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) noexcept {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int close_socket(void* wire, curl_socket_t socket) noexcept {
  return socket == static_cast<const Wire*>(wire)->kept ? 0 : ::close(socket);
}

template <typename Value>
void set(const Wire& wire, CURLoption option, Value value) {
  curl_easy_setopt(wire.easy.get(), option, value);
}

void set_text(const Wire& wire, CURLoption option, const std::string& text) {
  if (!text.empty()) set(wire, option, text.c_str());
}

}  // namespace

Destination::Destination(std::shared_ptr<const Target> target) : target_(std::move(target)) {
  const auto path = path_begin(target_->base_url);
  base_path_ = target_->base_url.substr(path);
  origin_ = parse(target_->base_url.substr(0, path) + "/");
  is_tls_ = part(origin_, CURLUPART_SCHEME) == "https";
  const std::string host = part(origin_, CURLUPART_HOST);
  const std::string port = part(origin_, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  authority_ = port.empty() ? host : host + ":" + port;
  told_ = host + ":" + part(origin_, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (!target_->unix_socket.empty()) {
    told_ = target_->unix_socket;
  } else if (target_->proxy.empty()) {
    port_ = part(origin_, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if (!is_address(host)) name_ = host;
  } else {
    const Url proxy = parse(target_->proxy);
    port_ = part(proxy, CURLUPART_PORT);
    if (port_.empty()) port_ = default_proxy_port;
    const std::string proxy_host = part(proxy, CURLUPART_HOST);
    if (!is_address(proxy_host)) name_ = proxy_host;
    told_ += " through the proxy " + proxy_host + ":" + port_;
  }
  if (is_tls_) trust_ = load_trust(target_->ca_file);
}

std::unique_ptr<Wire> Destination::make_wire() const {
  auto made = std::make_unique<Wire>();
  if (made->multi == nullptr || made->easy == nullptr) return nullptr;
  Wire& wire = *made;
  set(wire, CURLOPT_CURLU, origin_.get());
  set(wire, CURLOPT_CONNECT_ONLY, 1L);
  set(wire, CURLOPT_NOSIGNAL, 1L);
  // Else libcurl waits, in the loop's thread, for a resolver that has not answered in time.
  set(wire, CURLOPT_QUICK_EXIT, 1L);
  set(wire, CURLOPT_ERRORBUFFER, wire.error.data());
  set(wire, CURLOPT_PROTOCOLS_STR, "http,https");
  // Also where there is none: unset, libcurl looks for one in the environment.
  set(wire, CURLOPT_PROXY, target_->proxy.c_str());
  set(wire, CURLOPT_NOPROXY, "");
  // A tunnel for http too: the connection belongs to one origin, and what comes back on it is the origin's word.
  set(wire, CURLOPT_HTTPPROXYTUNNEL, 1L);
  set(wire, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_text(wire, CURLOPT_UNIX_SOCKET_PATH, target_->unix_socket);
  set(wire, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(wire, CURLOPT_SSL_VERIFYPEER, 1L);
  set(wire, CURLOPT_SSL_VERIFYHOST, 2L);
  set(wire, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(wire, CURLOPT_CAINFO, static_cast<char*>(nullptr));
  set(wire, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  set(wire, CURLOPT_SSL_CTX_FUNCTION, &Destination::give_trust);
  set(wire, CURLOPT_SSL_CTX_DATA, const_cast<Destination*>(this));
  set_text(wire, CURLOPT_SSLCERT, target_->client_certificate);
  set_text(wire, CURLOPT_SSLKEY, target_->client_key);
  set(wire, CURLOPT_TCP_KEEPALIVE, 1L);
  set(wire, CURLOPT_TCP_NODELAY, 1L);
  set(wire, CURLOPT_BUFFERSIZE, smallest_buffer);
  set(wire, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(wire, CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  set(wire, CURLOPT_CLOSESOCKETDATA, &wire);
  // Time is kept outside; libcurl's own limit must only not be shorter.
  set(wire, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(2 * target_->connect_timeout.count()));
  return made;
}

void Destination::pin(Wire& wire, const std::string& address) const {
  const bool is_v6 = address.find(':') != std::string::npos;
  const std::string entry = name_ + ":" + port_ + ":" + (is_v6 ? "[" + address + "]" : address);
  wire.resolved.reset(curl_slist_append(nullptr, entry.c_str()));
  set(wire, CURLOPT_RESOLVE, wire.resolved.get());
}

CURLcode Destination::give_trust(CURL* /*easy*/, void* context, void* self) noexcept {
  auto* const ssl = static_cast<SSL_CTX*>(context);
  const auto& destination = *static_cast<const Destination*>(self);
  if (destination.trust_ == nullptr) return CURLE_SSL_CACERT_BADFILE;
  SSL_CTX_set1_cert_store(ssl, destination.trust_.get());
  // What is written may be offered again from another place, and taken in parts.
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return CURLE_OK;
}

}  // namespace pgw::upstream
