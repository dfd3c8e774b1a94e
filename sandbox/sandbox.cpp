#include "sandbox/sandbox.h"

#include <charconv>
#include <mutex>
#include <optional>
#include <utility>

#include "contract/contract.h"
#include "contract/document.h"
#include "gateway/edge/server.h"
#include "sandbox/api.h"
#include "sandbox/responder.h"
#include "sandbox/scheduler.h"
#include "sandbox/store.h"

namespace pgw::sandbox {

namespace {

struct Address {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
};

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Address address{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool is_number = error == std::errc{} && !port.empty() && end == port.data() + port.size();
  if (!is_number || host.empty()) return std::nullopt;
  return address;
}

std::shared_ptr<const contract::Contract> read_contract(const std::filesystem::path& file,
                                                        std::vector<std::string>& errors) {
  const auto collect = [&errors](const std::vector<contract::Problem>& problems) {
    for (const contract::Problem& problem : problems) {
      if (problem.severity == contract::Severity::error) errors.push_back(to_string(problem));
    }
  };
  const auto read = contract::Document::read(file);
  collect(read.problems);
  if (!read.document) return nullptr;
  // The service that the sandbox stands for is one of FastAPI with pydantic v1.
  auto compiled = contract::Contract::compile(*read.document, {.coercion = contract::Coercion::pydantic});
  collect(compiled.problems);
  return std::move(compiled.contract);
}

}  // namespace

class Sandbox::Impl {
 public:
  /// Throws std::exception.
  Impl(const Options& options, const Address& address, std::shared_ptr<const contract::Contract> contract)
      : contract_(std::move(contract)),
        store_(options.database, options.seed),
        api_(contract_, store_, options.api_key),
        scheduler_(options.threads),
        server_({.host = address.host, .port = address.port}, [this, options](loop::EventLoop&) {
          return std::make_unique<Responder>(*contract_, api_, scheduler_, options.faults, options.on_carried_out);
        }) {
    server_.start();
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    url_ = "http://" + (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(server_.port()) +
           contract_->base_path();
  }

  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::vector<std::string> missing_operations() const { return api_.missing_operations(); }

  const std::string& url() const { return url_; }

  void stop() {
    const std::lock_guard lock(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    scheduler_.stop();
    server_.stop();
  }

 private:
  const std::shared_ptr<const contract::Contract> contract_;
  Store store_;
  const Api api_;
  Scheduler scheduler_;
  edge::Server server_;
  std::string url_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

Sandbox::Outcome Sandbox::start(const Options& options) {
  Outcome outcome;
  const auto address = parse_address(options.listen);
  if (!address) outcome.errors.push_back("listen: '" + options.listen + "' isn't ADDRESS:PORT");
  if (options.threads < 1) outcome.errors.emplace_back("threads: at least 1");
  auto contract = read_contract(options.contract_file, outcome.errors);
  if (!outcome.errors.empty() || !contract) return outcome;
  try {
    auto impl = std::make_unique<Impl>(options, *address, std::move(contract));
    outcome.errors = impl->missing_operations();
    if (outcome.errors.empty()) outcome.sandbox.reset(new Sandbox(std::move(impl)));
  } catch (const std::exception& error) {
    outcome.errors.emplace_back(error.what());
  }
  return outcome;
}

Sandbox::Sandbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Sandbox::~Sandbox() {
  stop();
}

std::string Sandbox::url() const {
  return impl_->url();
}

void Sandbox::stop() {
  impl_->stop();
}

}  // namespace pgw::sandbox
