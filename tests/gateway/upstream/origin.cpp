#include "gateway/upstream/origin.h"

#include <arpa/inet.h>
#include <charconv>
#include <csignal>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pgw::upstream {

Peer::Peer(int socket, SSL_CTX* tls) : socket_(socket) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls);
  SSL_set_fd(ssl_, socket_);
  usable_ = SSL_accept(ssl_) == 1;
}

Peer::~Peer() {
  if (ssl_ != nullptr) {
    if (usable_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
  ::close(socket_);
}

bool Peer::read_some() {
  char bytes[16'384];
  const auto size =
      ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes) : static_cast<int>(recv(socket_, bytes, sizeof bytes, 0));
  if (size <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

std::string Peer::read_request() {
  std::size_t head = 0;
  while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_some()) return {};
  }
  std::size_t size = head + 4;
  if (const auto at = buffer_.find("\r\nContent-Length: "); at < head) {
    std::size_t length = 0;
    std::from_chars(buffer_.data() + at + 18, buffer_.data() + head, length);
    size += length;
  }
  while (buffer_.size() < size) {
    if (!read_some()) return {};
  }
  std::string request = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return request;
}

std::string Peer::read_rest() {
  while (read_some()) continue;
  return std::exchange(buffer_, {});
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                      : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (size <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Peer::end() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(socket_, SHUT_WR);
}

void Peer::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  usable_ = false;
}

Origin::Origin(Options options, Handler handler) : options_(std::move(options)), handler_(std::move(handler)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without asking for no signal
  if (options_.tls) make_certificate();
  sockaddr_storage address{};
  socklen_t size = 0;
  if (!options_.unix_socket.empty()) {
    auto& path = reinterpret_cast<sockaddr_un&>(address);
    path.sun_family = AF_UNIX;
    std::strncpy(path.sun_path, options_.unix_socket.c_str(), sizeof path.sun_path - 1);
    size = sizeof path;
  } else if (options_.address.find(':') != std::string::npos) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(options_.port);
    inet_pton(AF_INET6, options_.address.c_str(), &v6.sin6_addr);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(options_.port);
    inet_pton(AF_INET, options_.address.c_str(), &v4.sin_addr);
    size = sizeof v4;
  }
  listener_ = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, options_.backlog) != 0) {
    throw std::runtime_error("the origin can't listen");
  }
  size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

Origin::~Origin() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  ::close(listener_);
  {
    const std::scoped_lock lock(mutex_);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  for (const std::string& file : {ca_file_, identity_file_}) {
    if (!file.empty()) std::filesystem::remove(file);
  }
  if (!options_.unix_socket.empty()) std::filesystem::remove(options_.unix_socket);
}

std::string Origin::url(const std::string& host) const {
  return std::string(options_.tls ? "https://" : "http://") + host + ":" + std::to_string(port_);
}

void Origin::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;  // shut down by the destructor
    const unsigned number = ++connections_;
    const std::scoped_lock lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number] {
      {
        Peer peer(socket, tls_.get());
        if (peer.is_usable()) handler_(peer, number);
        const std::scoped_lock lock_again(mutex_);
        std::erase(sockets_, socket);
      }
    });
  }
}

void Origin::make_certificate() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_set_version(certificate, 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());

  tls_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(tls_.get(), certificate);
  SSL_CTX_use_PrivateKey(tls_.get(), key);
  if (options_.wants_certificate) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(tls_.get()), certificate);
    SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  for (std::string* const written : {&ca_file_, &identity_file_}) {
    char file[] = "/tmp/pgw-origin-XXXXXX";
    FILE* const out = fdopen(mkstemp(file), "w");
    PEM_write_X509(out, certificate);
    if (written == &identity_file_) PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    fclose(out);
    *written = file;
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
}

std::string ok(std::string_view body, std::string_view fields) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

}  // namespace pgw::upstream
