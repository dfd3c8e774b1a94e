#include "gateway/upstream/connector.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <utility>

namespace pgw::upstream {
namespace {

/// How long the next address waits for an answer of the one before; RFC 8305 section 8 recommends 250 ms.
constexpr std::chrono::milliseconds usual_head_start{250};

std::string text_of(const curl_sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const sockaddr* const generic = &address.addr;
  const void* bytes = nullptr;
  if (address.family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(generic)->sin_addr;
  if (address.family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(generic)->sin6_addr;
  if (bytes == nullptr || inet_ntop(address.family, bytes, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

/// libcurl has no call that resolves. It offers each address that it is about to connect to, and goes on to the next
/// when it gets no socket for one.
curl_socket_t note_address(void* found, curlsocktype /*purpose*/, curl_sockaddr* address) noexcept {
  try {
    if (auto text = text_of(*address); !text.empty()) {
      static_cast<std::vector<std::string>*>(found)->push_back(std::move(text));
    }
  } catch (...) {
    return CURL_SOCKET_BAD;  // without memory for it the address isn't known
  }
  return CURL_SOCKET_BAD;
}

Failure failure_of(CURLcode result) {
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::dns_error;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::connection_timeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return Failure::tls_certificate_error;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      return Failure::tls_protocol_error;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return Failure::internal_error;
    default:
      return Failure::connection_refused;
  }
}

}  // namespace

/// One connection being opened.
class Connector::Opening {
 public:
  Opening(Connector& connector, std::uint64_t id, Place place, Done done)
      : connector_(connector), loop_(connector.loop_), id_(id), place_(std::move(place)), done_(std::move(done)) {
    const auto timeout = connector_.destination_->target().connect_timeout;
    timeout_ = loop_.call_after(timeout, [this] { time_out(); });
  }
  ~Opening() {
    loop_.cancel(timeout_);
    loop_.cancel(next_start_);
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  void try_addresses(Addresses addresses) {
    addresses_ = std::move(addresses);
    try_next();
  }

  void fail(Failure failure, std::string_view reason) {
    std::string detail = connector_.destination_->told();
    detail.append(": ").append(reason.empty() ? std::string_view("could not be connected to") : reason);
    connector_.finish(id_, {nullptr, failure, std::move(detail)});
  }

  Done take_done() { return std::move(done_); }

 private:
  void time_out() {
    if (addresses_.empty()) {
      fail(Failure::dns_timeout, "the name could not be resolved in time");
    } else {
      fail(Failure::connection_timeout, "no connection in time");
    }
  }

  void try_next() {
    loop_.cancel(std::exchange(next_start_, 0));
    auto wire = connector_.destination_->make_wire();
    if (wire == nullptr) {
      // Not from inside of `open`.
      next_start_ = loop_.call_after({}, [this] { fail(Failure::internal_error, "out of memory"); });
      return;
    }
    const std::size_t index = tried_++;
    if (!addresses_[index].empty()) connector_.destination_->pin(*wire, addresses_[index]);
    attempts_.push_back(
        std::make_unique<Transfer>(loop_, std::move(wire), [this, index](CURLcode result) { ended(index, result); }));
    start_next_later();
  }

  void start_next_later() {
    if (tried_ == addresses_.size()) return;
    const auto half = connector_.destination_->target().connect_timeout / 2;
    const auto head_start =
        std::min<std::chrono::milliseconds>(usual_head_start, half / static_cast<int>(addresses_.size() - 1));
    next_start_ = loop_.call_after(head_start, [this] {
      next_start_ = 0;
      // Which has answered, if only with the beginning of a handshake, is no dead one.
      const bool is_answered = std::ranges::any_of(
          attempts_, [](const auto& attempt) { return attempt != nullptr && attempt->is_connected(); });
      if (is_answered) return start_next_later();
      try_next();
    });
  }

  void ended(std::size_t index, CURLcode result) {
    if (result == CURLE_OK) {
      connector_.prefer(addresses_[index]);
      auto connection = std::make_unique<Connection>(attempts_[index]->release(), std::move(place_),
                                                     connector_.destination_, loop_.turn_began());
      connector_.finish(id_, {std::move(connection), {}, {}});
      return;
    }
    const std::string reason =
        *attempts_[index]->error() != '\0' ? attempts_[index]->error() : curl_easy_strerror(result);
    attempts_[index].reset();
    if (tried_ < addresses_.size()) return try_next();
    const bool is_last = std::ranges::all_of(attempts_, [](const auto& attempt) { return attempt == nullptr; });
    if (is_last) fail(failure_of(result), reason);
  }

  Connector& connector_;
  loop::EventLoop& loop_;  // outlives the connector, which may end with this opening's own end
  const std::uint64_t id_;
  Place place_;
  Done done_;
  Addresses addresses_;
  std::size_t tried_ = 0;
  std::vector<std::unique_ptr<Transfer>> attempts_;  // one for each address that was tried; null once failed
  loop::EventLoop::TimerId timeout_ = 0;
  loop::EventLoop::TimerId next_start_ = 0;
};

Connector::Connector(loop::EventLoop& loop, std::shared_ptr<const Destination> destination)
    : loop_(loop), destination_(std::move(destination)) {}
Connector::~Connector() = default;

void Connector::open(Place place, Done done) {
  const auto id = ++last_id_;
  openings_.emplace(id, std::make_unique<Opening>(*this, id, std::move(place), std::move(done)));
  resolve(id);
}

void Connector::resolve(std::uint64_t opening) {
  if (destination_->name_to_resolve().empty()) {
    openings_.at(opening)->try_addresses({std::string()});
  } else if (!addresses_.empty() && loop_.turn_began() - resolved_at_ < names_hold) {
    openings_.at(opening)->try_addresses(addresses_);
  } else {
    wait_for_addresses_.push_back(opening);
    if (resolving_ == nullptr) start_resolving();
  }
}

void Connector::start_resolving() {
  auto wire = destination_->make_wire();
  found_ = std::make_unique<Addresses>();
  if (wire == nullptr) return;  // the openings' own time ends them
  curl_easy_setopt(wire->easy.get(), CURLOPT_OPENSOCKETFUNCTION, &note_address);
  curl_easy_setopt(wire->easy.get(), CURLOPT_OPENSOCKETDATA, found_.get());
  resolving_ = std::make_unique<Transfer>(loop_, std::move(wire), [this](CURLcode result) { resolved(result); });
}

void Connector::resolved(CURLcode result) {
  const auto transfer = std::move(resolving_);  // until the end of this call, which is the transfer's own
  const bool is_found = !found_->empty();
  if (is_found) {
    addresses_ = std::move(*found_);
    resolved_at_ = loop_.turn_began();
  }
  const auto failure = result == CURLE_COULDNT_CONNECT ? Failure::dns_error : failure_of(result);
  const std::string reason = transfer->error();
  // From the loop, one by one: each may end with others, or with this.
  for (const auto id : std::exchange(wait_for_addresses_, {})) {
    const auto it = openings_.find(id);
    if (it == openings_.end()) continue;
    if (is_found) {
      it->second->try_addresses(addresses_);
    } else {
      loop_.call_after({}, [this, id, failure, reason] {
        if (const auto late = openings_.find(id); late != openings_.end()) late->second->fail(failure, reason);
      });
    }
  }
}

void Connector::prefer(const std::string& address) {
  const auto at = std::ranges::find(addresses_, address);
  if (at != addresses_.end()) std::rotate(addresses_.begin(), at, addresses_.end());
}

// Its end may be the end of this as well, so nothing of it is touched after the call.
void Connector::finish(std::uint64_t id, Opened opened) {
  const auto it = openings_.find(id);
  const auto opening = std::move(it->second);
  openings_.erase(it);
  const Done done = opening->take_done();
  done(std::move(opened));
}

}  // namespace pgw::upstream
