#include "gateway/admin/admin_server.h"

#include <stdexcept>

#include <nlohmann/json.hpp>
#include <pistache/endpoint.h>
#include <pistache/router.h>

namespace pgw::admin {

using nlohmann::json;
using Pistache::Http::Code;
using Pistache::Http::ResponseWriter;
using Pistache::Rest::Request;

namespace {

void send(ResponseWriter& writer, Code code, const std::string& body, const char* type) {
  writer.headers().addRaw(Pistache::Http::Header::Raw("Content-Type", type));
  writer.headers().addRaw(Pistache::Http::Header::Raw("Cache-Control", "no-store"));
  writer.send(code, body);
}

void send_json(ResponseWriter& writer, Code code, const json& body) {
  send(writer, code, body.dump(2) + "\n", "application/json");
}

void send_error(ResponseWriter& writer, Code code, const std::string& text) {
  send_json(writer, code, json{{"detail", text}});
}

QueryParameters parameters_of(const Request& request) {
  QueryParameters parameters;
  const auto& query = request.query();
  for (auto it = query.parameters_begin(); it != query.parameters_end(); ++it) {
    parameters.emplace_back(percent_decoded(it->first), percent_decoded(it->second));
  }
  return parameters;
}

}  // namespace

class AdminServer::Impl {
 public:
  Impl(const std::string& host, std::uint16_t port, Hooks hooks) : hooks_(std::move(hooks)) {
    namespace Routes = Pistache::Rest::Routes;
    Routes::Get(router_, "/metrics", Routes::bind(&Impl::metrics, this));
    Routes::Get(router_, "/healthz", Routes::bind(&Impl::healthz, this));
    Routes::Get(router_, "/readyz", Routes::bind(&Impl::readyz, this));
    Routes::Get(router_, "/config", Routes::bind(&Impl::configuration, this));
    Routes::Get(router_, "/cache", Routes::bind(&Impl::cache, this));
    Routes::Get(router_, "/cache/entries", Routes::bind(&Impl::entries, this));
    Routes::Post(router_, "/purge", Routes::bind(&Impl::purge, this));
    router_.addMiddleware(Routes::middleware(&Impl::refuse_browsers, this));
    router_.addNotFoundHandler(Routes::bind(&Impl::not_found, this));
    listen(host, port);
  }

  ~Impl() { endpoint_->shutdown(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const { return static_cast<std::uint16_t>(endpoint_->getPort()); }

 private:
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
    if (from_page) send_error(writer, Code::Forbidden, "The admin listener doesn't serve pages of a browser.");
    return !from_page;
  }

  void metrics(const Request&, ResponseWriter writer) {
    send(writer, Code::Ok, hooks_.metrics(), "text/plain; version=0.0.4; charset=utf-8");
  }

  void healthz(const Request&, ResponseWriter writer) { send_json(writer, Code::Ok, json{{"status", "ok"}}); }

  void readyz(const Request&, ResponseWriter writer) {
    const bool ready = hooks_.ready();
    send_json(writer, ready ? Code::Ok : Code::Service_Unavailable, json{{"status", ready ? "ready" : "not ready"}});
  }

  void configuration(const Request&, ResponseWriter writer) { send_json(writer, Code::Ok, hooks_.configuration()); }

  void cache(const Request&, ResponseWriter writer) { send_json(writer, Code::Ok, hooks_.cache_statistics()); }

  void entries(const Request& request, ResponseWriter writer) {
    const auto [filter, problem] = parse_entry_filter(parameters_of(request));
    if (!problem.empty()) {
      send_error(writer, Code::Bad_Request, problem);
    } else {
      send_json(writer, Code::Ok, hooks_.cache_entries(filter));
    }
  }

  void purge(const Request& request, ResponseWriter writer) {
    const auto [wanted, problem] = parse_purge(parameters_of(request));
    if (!problem.empty()) {
      send_error(writer, Code::Bad_Request, problem);
      return;
    }
    const auto counts = hooks_.purge(wanted);
    if (!counts) {
      send_error(writer, Code::Not_Found,
                 "no such operation or path in the contract; `projects-gateway routes` lists them");
      return;
    }
    send_json(writer, Code::Ok, *counts);
  }

  void not_found(const Request&, ResponseWriter writer) {
    send_error(writer, Code::Not_Found,
               "Not Found: GET /metrics /healthz /readyz /config /cache /cache/entries, POST /purge");
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
