#include "gateway/upstream/transfer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace pgw::upstream {
namespace {

using loop::EventLoop;

std::optional<CURLcode> result_of(CURLM* multi) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return std::nullopt;
}

}  // namespace

Transfer::Transfer(EventLoop& loop, std::unique_ptr<Wire> wire, Done done)
    : loop_(loop), done_(std::move(done)), wire_(std::move(wire)) {
  CURLM* const multi = wire_->multi.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Transfer::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Transfer::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_add_handle(multi, wire_->easy.get());
}

Transfer::~Transfer() {
  stop();
}

/// libcurl calls back no more.
void Transfer::stop() {
  is_stopped_ = true;
  if (wire_ != nullptr) {
    curl_multi_setopt(wire_->multi.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(wire_->multi.get(), CURLMOPT_TIMERFUNCTION, nullptr);
  }
  for (const auto socket : watched_) loop_.unwatch(socket);
  watched_.clear();
  if (timer_ != 0) loop_.cancel(std::exchange(timer_, 0));
}

bool Transfer::is_connected() const {
  curl_off_t since_start = 0;
  curl_easy_getinfo(wire_->easy.get(), CURLINFO_CONNECT_TIME_T, &since_start);
  return since_start != 0;
}

std::unique_ptr<Wire> Transfer::release() {
  stop();
  return std::move(wire_);
}

int Transfer::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*assigned*/) noexcept {
  try {
    static_cast<Transfer*>(self)->follow(socket, what);
    return 0;
  } catch (...) {
    return -1;  // the kernel refused to watch it, or there is no memory: libcurl gives up
  }
}

int Transfer::on_timer(CURLM* /*multi*/, long milliseconds, void* self) noexcept {
  try {
    static_cast<Transfer*>(self)->arm(milliseconds);
    return 0;
  } catch (...) {
    return -1;
  }
}

void Transfer::follow(curl_socket_t socket, int what) {
  if (is_stopped_) return;
  const auto at = std::ranges::find(watched_, socket);
  if (what == CURL_POLL_REMOVE) {
    if (at == watched_.end()) return;
    watched_.erase(at);
    loop_.unwatch(socket);
    return;
  }
  const int interest =
      ((what & CURL_POLL_IN) != 0 ? EventLoop::read : 0) | ((what & CURL_POLL_OUT) != 0 ? EventLoop::write : 0);
  if (at != watched_.end()) {
    loop_.rewatch(socket, interest);
    return;
  }
  watched_.push_back(socket);
  loop_.watch(socket, interest, [this, socket](int ready) {
    act(socket, ((ready & EventLoop::read) != 0 ? CURL_CSELECT_IN : 0) |
                    ((ready & EventLoop::write) != 0 ? CURL_CSELECT_OUT : 0));
  });
}

void Transfer::arm(long milliseconds) {
  if (timer_ != 0) loop_.cancel(std::exchange(timer_, 0));
  if (milliseconds < 0 || is_stopped_) return;
  timer_ = loop_.call_after(std::chrono::milliseconds{milliseconds}, [this] {
    timer_ = 0;
    act(CURL_SOCKET_TIMEOUT, 0);
  });
}

// The end is told last of all: it may destroy this.
void Transfer::act(curl_socket_t socket, int ready) {
  int running = 0;
  const CURLMcode status = curl_multi_socket_action(wire_->multi.get(), socket, ready, &running);
  const auto result = status == CURLM_OK ? result_of(wire_->multi.get()) : CURLE_OUT_OF_MEMORY;
  if (!result) return;
  stop();
  const Done done = std::exchange(done_, nullptr);
  if (done != nullptr) done(*result);
}

}  // namespace pgw::upstream
