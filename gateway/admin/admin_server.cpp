#include "gateway/admin/admin_server.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "gateway/edge/server.h"
#include "gateway/log/log.h"

namespace pgw::admin {
namespace {

using nlohmann::json;
using ExchangePtr = std::shared_ptr<http::Exchange>;

constexpr std::size_t most_connections = 64;
constexpr std::string_view purge_method = "PURGE";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

struct Answer {
  int status;
  std::string body;
  std::string_view type = json_type;
  std::string fields = {};  ///< further "Name: value\r\n" lines
};

/// Bytes that are no UTF-8, which a path in the cache may have, are told as U+FFFD.
Answer json_answer(const json& body, int status = 200) {
  return {status, body.dump(2, ' ', false, json::error_handler_t::replace) + "\n"};
}

Answer error_answer(int status, const std::string& text) {
  return json_answer(json{{"detail", text}}, status);
}

void send(http::Exchange& exchange, Answer answer) {
  std::string fields = "Content-Type: ";
  fields += answer.type;
  fields += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n" + answer.fields;
  exchange.respond({answer.status, std::move(fields)}, std::make_shared<const std::string>(std::move(answer.body)));
}

Answer refusal(Verdict verdict) {
  if (verdict == Verdict::wrong_host) {
    return error_answer(
        403, "This listener serves requests whose Host is an IP address, localhost or a name of `admin_hosts`.");
  }
  if (verdict == Verdict::read_only) {
    return error_answer(403, "This token may read; send one of the `change:` lines of `admin_token_file`.");
  }
  Answer answer = error_answer(401, "Send `Authorization: Bearer TOKEN` with a token of `admin_token_file`.");
  answer.fields = "WWW-Authenticate: Bearer realm=\"projects-gateway admin\"\r\n";
  return answer;
}

edge::Server::Options server_options(const std::string& host, std::uint16_t port) {
  return {.host = host, .port = port, .workers = 1, .max_connections = most_connections};
}

/// A purge takes a body: a list of tags.
http::Limits admin_limits() {
  return {.extra_methods = {std::string(purge_method)}, .max_body = 64UL * 1024};
}

}  // namespace

class AdminServer::Impl {
 public:
  Impl(const std::string& host, std::uint16_t port, Access access, Hooks hooks)
      : hooks_(std::move(hooks)),
        access_(std::make_shared<const Access>(std::move(access))),
        server_(server_options(host, port), [this](loop::EventLoop&) { return std::make_unique<Handler>(*this); }) {
    server_.bind();
  }

  std::uint16_t port() const { return server_.port(); }
  void start() { server_.start(); }
  void stop() { server_.stop(); }

  void set_access(Access access) {
    auto next = std::make_shared<const Access>(std::move(access));
    const std::scoped_lock lock(mutex_);
    access_ = std::move(next);
  }

 private:
  struct Route {
    std::string_view path;
    bool is_open;  ///< for everybody
    Right right;
    Answer (Impl::*answer)(const http::Request&) const;
  };

  class Handler : public http::RequestHandler {
   public:
    explicit Handler(const Impl& impl) : RequestHandler(admin_limits()), impl_(impl) {}

    void on_head(const ExchangePtr& exchange) override {
      if (auto answer = impl_.refuse(exchange->request())) send(*exchange, std::move(*answer));
    }
    void on_request(const ExchangePtr& exchange) override { send(*exchange, impl_.answer(exchange->request())); }
    void on_rejected(const ExchangePtr& exchange, const http::Malformation& malformation) override {
      send(*exchange, error_answer(malformation.status, malformation.message));
    }

   private:
    const Impl& impl_;
  };

  static const Route* find(std::string_view path) {
    static constexpr std::array<Route, 8> routes{{{"/metrics", false, Right::read, &Impl::metrics},
                                                  {"/healthz", true, Right::read, &Impl::healthz},
                                                  {"/readyz", true, Right::read, &Impl::readyz},
                                                  {"/config", false, Right::read, &Impl::configuration},
                                                  {"/cache", false, Right::read, &Impl::cache},
                                                  {"/cache/entries", false, Right::read, &Impl::entries},
                                                  {"/cache/why", false, Right::read, &Impl::why},
                                                  {"/purge", false, Right::change, &Impl::purge}}};
    const auto* const found = std::ranges::find(routes, path, &Route::path);
    return found == routes.end() ? nullptr : found;
  }

  std::shared_ptr<const Access> access() const {
    const std::scoped_lock lock(mutex_);
    return access_;
  }

  /// Before a body is read. An unknown path is refused as a known one would be, so that only those who may read learn
  /// which paths there are.
  std::optional<Answer> refuse(const http::Request& request) const {
    if (request.fields.contains("origin")) {
      return error_answer(403, "The admin listener doesn't serve pages of a browser.");
    }
    const Route* const route = find(request.path);
    const bool purges = request.method == purge_method;
    if (route != nullptr && route->is_open && !purges) return std::nullopt;
    const Right wanted = purges ? Right::change : route == nullptr ? Right::read : route->right;
    const Verdict verdict = judge(*access(), request, wanted);
    return verdict == Verdict::allowed ? std::nullopt : std::optional(refusal(verdict));
  }

  Answer answer(const http::Request& request) const {
    if (request.method == purge_method) return guarded(request, &Impl::purge_target);
    const Route* const route = find(request.path);
    if (route == nullptr) {
      return error_answer(404,
                          "Not Found: GET /metrics /healthz /readyz /config /cache /cache/entries /cache/why, POST "
                          "/purge, PURGE with the URL to be purged");
    }
    const bool is_read = request.method == "GET" || request.method == "HEAD";
    if (route->right == Right::change ? request.method != "POST" : !is_read) {
      Answer answer = error_answer(405, "Method Not Allowed");
      answer.fields = route->right == Right::change ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n";
      return answer;
    }
    return guarded(request, route->answer);
  }

  Answer guarded(const http::Request& request, Answer (Impl::*make)(const http::Request&) const) const {
    try {
      return (this->*make)(request);
    } catch (const std::exception& failure) {
      log::event(log::Level::error, "the admin listener could not answer",
                 {{"path", request.path}, {"reason", failure.what()}});
      return error_answer(500, "Internal Server Error: the event log has the reason.");
    }
  }

  Answer metrics(const http::Request&) const { return {200, hooks_.metrics(), metrics_type, {}}; }

  Answer healthz(const http::Request&) const { return json_answer(json{{"status", "ok"}}); }

  Answer readyz(const http::Request&) const {
    const bool ready = hooks_.ready();
    json answer = hooks_.readiness();
    answer["status"] = ready ? "ready" : "not ready";
    return json_answer(answer, ready ? 200 : 503);
  }

  Answer configuration(const http::Request&) const { return json_answer(hooks_.configuration()); }

  Answer cache(const http::Request&) const { return json_answer(hooks_.cache_statistics()); }

  Answer entries(const http::Request& request) const {
    const auto [filter, problem] = parse_entry_filter(request.query);
    if (!problem.empty()) return error_answer(400, problem);
    return json_answer(hooks_.cache_entries(filter));
  }

  Answer why(const http::Request& request) const {
    const auto [asked, problem] = parse_why(request.query);
    if (!problem.empty()) return error_answer(400, problem);
    const auto known = hooks_.cache_why(asked);
    if (known) return json_answer(*known);
    return error_answer(404, "no GET of that path in the contract; `projects-gateway routes` lists them");
  }

  /// PURGE /projects/pr_1 HTTP/1.1
  Answer purge_target(const http::Request& request) const {
    PurgeRequest wanted;
    wanted.url = request.path;
    if (request.has_query) wanted.url->append("?").append(request.query);
    return carry_out(wanted);
  }

  Answer purge(const http::Request& request) const {
    const auto [wanted, problem] = parse_purge(request.query, request.body);
    if (!problem.empty()) return error_answer(400, problem);
    return carry_out(wanted);
  }

  Answer carry_out(const PurgeRequest& wanted) const {
    const auto counts = hooks_.purge(wanted);
    if (counts) return json_answer(*counts);
    return error_answer(404, "no such operation or path in the contract; `projects-gateway routes` lists them");
  }

  const Hooks hooks_;
  mutable std::mutex mutex_;  // guards access_
  std::shared_ptr<const Access> access_;
  edge::Server server_;  // last, so that its thread ends before anything that it uses
};

AdminServer::AdminServer(const std::string& host, std::uint16_t port, Access access, Hooks hooks)
    : impl_(std::make_unique<Impl>(host, port, std::move(access), std::move(hooks))) {}
AdminServer::~AdminServer() = default;

std::uint16_t AdminServer::port() const {
  return impl_->port();
}
void AdminServer::start() {
  impl_->start();
}
void AdminServer::stop() {
  impl_->stop();
}
void AdminServer::set_access(Access access) {
  impl_->set_access(std::move(access));
}

}  // namespace pgw::admin
