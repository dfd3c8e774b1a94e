#include "gateway/upstream/client.h"

#include <random>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include <curl/curl.h>

#include "gateway/upstream/call.h"
#include "gateway/upstream/destination.h"
#include "gateway/upstream/sockets.h"

namespace pgw::upstream {
namespace {

constexpr std::chrono::milliseconds first_backoff{25};
constexpr std::size_t idle_handles_kept = 64;

/// The multi handle and its calls. libcurl tells which sockets and which one timer it wants watched; the loop calls
/// back. Ended calls are told to their sinks from a list, outside libcurl's own callbacks, as a sink may start new
/// calls.
class CurlClient final : public Client {
 public:
  CurlClient(loop::EventLoop& loop, Target target)
      : loop_(loop),
        sockets_(loop, [this](curl_socket_t socket, int ready) { on_ready(socket, ready); }),
        multi_(curl_multi_init()) {
    if (multi_ == nullptr) throw std::runtime_error("libcurl could not be initialised");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlClient::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlClient::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    retarget(std::move(target));
  }

  ~CurlClient() override {
    closing_ = true;
    for (auto& [id, under_way] : calls_) {
      if (under_way.call->easy() != nullptr) curl_multi_remove_handle(multi_, under_way.call->easy());
      loop_.cancel(under_way.deadline);
    }
    calls_.clear();
    idle_.clear();
    curl_multi_cleanup(multi_);
    if (timer_ != 0) loop_.cancel(timer_);
  }

  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  void retarget(Target target) override {
    idle_.clear();
    destination_ = std::make_shared<const Destination>(std::move(target));
    const auto connections = static_cast<long>(destination_->target().max_connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
  }

  CallId start(OutgoingRequest request, std::shared_ptr<ResponseSink> sink) override {
    const CallId id = ++last_id_;
    auto call = std::make_unique<Call>(id, std::move(request), std::move(sink), destination_, loop_.turn_began());
    UnderWay& placed = calls_.emplace(id, UnderWay{std::move(call)}).first->second;
    watch_deadline(placed);
    launch(*placed.call);
    return id;
  }

  bool has_room(std::size_t) const override {
    const auto& target = destination_->target();
    return calls_.size() < std::size_t{target.max_connections} + target.max_waiting;
  }

  void resume(CallId id) override {
    const auto it = calls_.find(id);
    if (it == calls_.end() || !it->second.call->is_paused()) return;
    UnderWay& under_way = it->second;  // libcurl may deliver at once, and the sink may start calls meanwhile
    under_way.call->resume();
    loop_.cancel(under_way.deadline);
    watch_deadline(under_way);
  }

  void stream(CallId) override {}
  bool write_body(CallId, std::string_view) override { return true; }
  void end_body(CallId) override {}

  void cancel(CallId id) override {
    const auto it = calls_.find(id);
    if (it == calls_.end()) return;
    it->second.call->silence();
    // A sink may cancel from inside a libcurl callback, where a handle must not be removed.
    loop_.call_after(std::chrono::milliseconds{0}, [this, id] { drop(id); });
  }

 private:
  struct UnderWay {
    std::unique_ptr<Call> call;
    loop::EventLoop::TimerId deadline = 0;
  };
  using Calls = std::unordered_map<CallId, UnderWay>;

  void drop(CallId id) {
    const auto it = calls_.find(id);
    if (it == calls_.end()) return;
    const auto dropped = take(it);
    recycle(*dropped);
  }

  /// Out of the list, and nobody's deadline any more.
  std::unique_ptr<Call> take(Calls::iterator it) {
    auto taken = std::move(it->second);
    calls_.erase(it);
    loop_.cancel(taken.deadline);
    return std::move(taken.call);
  }

  void watch_deadline(UnderWay& under_way) {
    const Call& call = *under_way.call;
    under_way.deadline = loop_.call_at(call.deadline(), [this, id = call.id()] { expire(id); });
  }

  // A paused call's time stands still; `resume` watches it again.
  void expire(CallId id) {
    const auto it = calls_.find(id);
    if (it == calls_.end() || it->second.call->is_paused()) return;
    const auto late = take(it);
    late->time_out();
    recycle(*late);
  }

  void launch(Call& call) {
    Handle handle = take_handle(call);
    if (!handle) {
      fail_later(call.id(), Failure::internal_error);
      return;
    }
    call.prepare(std::move(handle));
    if (curl_multi_add_handle(multi_, call.easy()) != CURLM_OK) {
      call.release();
      fail_later(call.id(), Failure::internal_error);
    }
  }

  Handle take_handle(const Call& call) {
    if (call.destination() == destination_ && !idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
    Handle handle = call.destination()->make_handle();
    if (handle) sockets_.serve(handle.easy.get());
    return handle;
  }

  void fail_later(CallId id, Failure failure) {
    loop_.call_after(std::chrono::milliseconds{0}, [this, id, failure] {
      const auto it = calls_.find(id);
      if (it == calls_.end()) return;
      take(it)->fail(failure);
    });
  }

  void recycle(Call& call) {
    if (call.easy() == nullptr) return;
    curl_multi_remove_handle(multi_, call.easy());
    Handle handle = call.release();
    if (call.destination() == destination_ && idle_.size() < idle_handles_kept) idle_.push_back(std::move(handle));
  }

  void retry_later(Call& call) {
    const auto jitter = std::chrono::milliseconds(random_() % static_cast<unsigned>(first_backoff.count()));
    const auto pause = first_backoff * (1U << (call.attempts() - 1)) + jitter;
    loop_.call_after(pause, [this, id = call.id()] {
      if (const auto it = calls_.find(id); it != calls_.end()) launch(*it->second.call);
    });
  }

  void collect_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode result = message->data.result;
      char* pointer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
      end_call(reinterpret_cast<Call*>(pointer)->id(), result);
    }
  }

  void end_call(CallId id, CURLcode result) {
    const auto it = calls_.find(id);
    Call& call = *it->second.call;
    if (call.wants_retry(result)) {
      recycle(call);
      retry_later(call);
      return;
    }
    const auto ended = take(it);
    // The sink hears of the end before the handle is recycled: the reasons are read from the handle.
    ended->finish(result);
    recycle(*ended);
  }

  void act(curl_socket_t socket, int ready) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, ready, &running);
    collect_ended();
  }

  void on_ready(curl_socket_t socket, int ready) {
    act(socket, ((ready & loop::EventLoop::read) != 0 ? CURL_CSELECT_IN : 0) |
                    ((ready & loop::EventLoop::write) != 0 ? CURL_CSELECT_OUT : 0));
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* /*assigned*/) {
    static_cast<CurlClient*>(self)->sockets_.follow(socket, what);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* self) {
    static_cast<CurlClient*>(self)->arm(milliseconds);
    return 0;
  }

  void arm(long milliseconds) {
    if (timer_ != 0) loop_.cancel(timer_);
    timer_ = 0;
    if (milliseconds < 0 || closing_) return;
    timer_ = loop_.call_after(std::chrono::milliseconds{milliseconds}, [this] {
      timer_ = 0;
      act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  loop::EventLoop& loop_;
  Sockets sockets_;
  CURLM* multi_;
  std::shared_ptr<const Destination> destination_;
  Calls calls_;
  std::vector<Handle> idle_;
  CallId last_id_ = 0;
  loop::EventLoop::TimerId timer_ = 0;
  bool closing_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

std::shared_ptr<Client> make_client(loop::EventLoop& loop, Target target) {
  return std::make_shared<CurlClient>(loop, std::move(target));
}

}  // namespace pgw::upstream
