#include "gateway/admin/admin_server.h"

#include <charconv>
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

constexpr std::size_t default_entry_limit = 100;
constexpr std::size_t most_entries = 100'000;

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

bool is_true(const std::optional<std::string>& value) {
  return value && (*value == "true" || *value == "1");
}

/// The purge that the query asks for, or a sentence about what is wrong with it.
struct ParsedPurge {
  PurgeRequest request;
  std::string problem;
};

ParsedPurge parse_purge(const Pistache::Http::Uri::Query& query) {
  ParsedPurge parsed;
  for (auto it = query.parameters_begin(); it != query.parameters_end(); ++it) {
    const std::string& name = it->first;
    if (name != "all" && name != "tag" && name != "operation" && name != "soft") {
      parsed.problem = "unknown parameter '" + name + "': use all=true, tag=T or operation=O, and soft=true";
      return parsed;
    }
  }
  parsed.request.all = is_true(query.get("all"));
  parsed.request.tag = query.get("tag");
  parsed.request.operation = query.get("operation");
  parsed.request.soft = is_true(query.get("soft"));
  const int named = (parsed.request.all ? 1 : 0) + (parsed.request.tag ? 1 : 0) + (parsed.request.operation ? 1 : 0);
  if (named != 1) {
    parsed.problem = "say what to purge with exactly one of all=true, tag=projects/pr_1 and operation=Projects_list";
  }
  return parsed;
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
    std::size_t limit = default_entry_limit;
    if (const auto text = request.query().get("limit")) {
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
      if (error != std::errc{} || end != text->data() + text->size() || limit > most_entries) {
        send_error(writer, Code::Bad_Request, "limit must be a whole number up to " + std::to_string(most_entries));
        return;
      }
    }
    send_json(writer, Code::Ok, hooks_.cache_entries(limit));
  }

  void purge(const Request& request, ResponseWriter writer) {
    const ParsedPurge parsed = parse_purge(request.query());
    if (!parsed.problem.empty()) {
      send_error(writer, Code::Bad_Request, parsed.problem);
      return;
    }
    const auto counts = hooks_.purge(parsed.request);
    if (!counts) {
      send_error(writer, Code::Not_Found, "no such operation in the contract; `projects-gateway routes` lists them");
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
