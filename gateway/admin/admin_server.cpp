#include "gateway/admin/admin_server.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>
#include <pistache/endpoint.h>
#include <pistache/peer.h>
#include <pistache/router.h>

namespace pgw::admin {

using nlohmann::json;
using Pistache::Http::Code;
using Pistache::Http::Method;
using Pistache::Http::ResponseWriter;
using Pistache::Rest::Request;

namespace {

namespace Header = Pistache::Http::Header;

struct Answer {
  Code code;
  std::string body;
  const char* type = "application/json";
};

Answer json_answer(const json& body, Code code = Code::Ok) {
  return {code, body.dump(2) + "\n"};
}

Answer error_answer(Code code, const std::string& text) {
  return json_answer(json{{"detail", text}}, code);
}

/// Pistache writes a length of its own, that of what it sends. So the head that announces more than follows it goes to
/// the socket directly.
void send_head(const ResponseWriter& writer, const Answer& answer) {
  const auto peer = writer.getPeer();
  if (peer == nullptr) return;
  std::ostringstream head;
  head << "HTTP/1.1 " << static_cast<int>(answer.code) << ' ' << answer.code << "\r\n";
  for (const auto& field : writer.headers().list()) {
    head << field->name() << ": ";
    field->write(head);
    head << "\r\n";
  }
  head << "Content-Length: " << answer.body.size() << "\r\n\r\n";
  const std::string text = std::move(head).str();
  peer->send(Pistache::RawBuffer(text, text.size()));
}

/// Fields as objects of their types: of raw ones Pistache 0.0.5 writes nothing.
void send(ResponseWriter& writer, Method method, const Answer& answer) {
  writer.headers().add<Header::ContentType>(std::string(answer.type));
  writer.headers().add<Header::CacheControl>(Pistache::Http::CacheDirective::NoStore);
  if (method == Method::Head) {
    send_head(writer, answer);
  } else {
    writer.send(answer.code, answer.body);
  }
}

QueryParameters parameters_of(const Request& request) {
  QueryParameters parameters;
  const auto& query = request.query();
  for (auto it = query.parameters_begin(); it != query.parameters_end(); ++it) {
    parameters.emplace_back(percent_decoded(it->first), percent_decoded(it->second));
  }
  return parameters;
}

/// As an address is written before its port.
std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

class AdminServer::Impl {
 public:
  Impl(const std::string& host, std::uint16_t port, Hooks hooks) : hooks_(std::move(hooks)) {
    const Methods read{Method::Get, Method::Head};
    route("/metrics", read, &Impl::metrics);
    route("/healthz", read, &Impl::healthz);
    route("/readyz", read, &Impl::readyz);
    route("/config", read, &Impl::configuration);
    route("/cache", read, &Impl::cache);
    route("/cache/entries", read, &Impl::entries);
    route("/purge", {Method::Post}, &Impl::purge);
    namespace Routes = Pistache::Rest::Routes;
    router_.addMiddleware(Routes::middleware(&Impl::refuse_browsers, this));
    router_.addNotFoundHandler(Routes::bind(&Impl::not_found, this));
    listen(bracketed(host), port);
  }

  ~Impl() { endpoint_->shutdown(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const { return static_cast<std::uint16_t>(endpoint_->getPort()); }

 private:
  using Methods = std::vector<Method>;

  /// Every method has a route, so that what isn't allowed is refused in our words.
  void route(const std::string& path, const Methods& allowed, Answer (Impl::*answer)(const Request&)) {
    for (const Method method : {Method::Options, Method::Get, Method::Post, Method::Head, Method::Put, Method::Patch,
                                Method::Delete, Method::Trace, Method::Connect}) {
      const bool is_allowed = std::find(allowed.begin(), allowed.end(), method) != allowed.end();
      router_.addRoute(method, path, [=, this](const Request& request, ResponseWriter writer) {
        if (!is_allowed) writer.headers().add<Header::Allow>(allowed);
        send(writer, method,
             is_allowed ? (this->*answer)(request) : error_answer(Code::Method_Not_Allowed, "Method Not Allowed"));
        return Pistache::Rest::Route::Result::Ok;
      });
    }
  }

  void listen(const std::string& host, std::uint16_t port) {
    try {
      endpoint_ = std::make_unique<Pistache::Http::Endpoint>(Pistache::Address(host, Pistache::Port(port)));
      endpoint_->init(Pistache::Http::Endpoint::options().threads(1).flags(
          Pistache::Tcp::Options::ReuseAddr | Pistache::Tcp::Options::NoDelay | Pistache::Tcp::Options::CloseOnExec));
      endpoint_->setHandler(router_.handler());
      endpoint_->serveThreaded();
    } catch (const std::exception& error) {
      throw std::runtime_error("can't listen for the admin on " + host + ":" + std::to_string(port) + ": " +
                               error.what());
    }
  }

  bool refuse_browsers(Pistache::Http::Request& request, ResponseWriter& writer) {
    const bool from_page = request.headers().tryGetRaw("Origin").has_value();
    if (from_page) {
      send(writer, request.method(),
           error_answer(Code::Forbidden, "The admin listener doesn't serve pages of a browser."));
    }
    return !from_page;
  }

  Answer metrics(const Request&) { return {Code::Ok, hooks_.metrics(), "text/plain; version=0.0.4; charset=utf-8"}; }

  Answer healthz(const Request&) { return json_answer(json{{"status", "ok"}}); }

  Answer readyz(const Request&) {
    const bool ready = hooks_.ready();
    return json_answer(json{{"status", ready ? "ready" : "not ready"}}, ready ? Code::Ok : Code::Service_Unavailable);
  }

  Answer configuration(const Request&) { return json_answer(hooks_.configuration()); }

  Answer cache(const Request&) { return json_answer(hooks_.cache_statistics()); }

  Answer entries(const Request& request) {
    const auto [filter, problem] = parse_entry_filter(parameters_of(request));
    if (!problem.empty()) return error_answer(Code::Bad_Request, problem);
    return json_answer(hooks_.cache_entries(filter));
  }

  Answer purge(const Request& request) {
    const auto [wanted, problem] = parse_purge(parameters_of(request));
    if (!problem.empty()) return error_answer(Code::Bad_Request, problem);
    const auto counts = hooks_.purge(wanted);
    if (counts) return json_answer(*counts);
    return error_answer(Code::Not_Found,
                        "no such operation or path in the contract; `projects-gateway routes` lists them");
  }

  void not_found(const Request& request, ResponseWriter writer) {
    send(writer, request.method(),
         error_answer(Code::Not_Found,
                      "Not Found: GET /metrics /healthz /readyz /config /cache /cache/entries, POST /purge"));
  }

  Hooks hooks_;
  Pistache::Rest::Router router_;
  std::unique_ptr<Pistache::Http::Endpoint> endpoint_;
};

AdminServer::AdminServer(const std::string& host, std::uint16_t port, Hooks hooks)
    : impl_(std::make_unique<Impl>(host, port, std::move(hooks))) {}
AdminServer::~AdminServer() = default;

std::uint16_t AdminServer::port() const {
  return impl_->port();
}

}  // namespace pgw::admin
