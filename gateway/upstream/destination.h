// A target, its URL taken apart: what is the same for all its requests and connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/upstream/client.h"
#include "gateway/upstream/trust.h"
#include "gateway/upstream/wire.h"

namespace pgw::upstream {

/// Immutable but for what OpenSSL counts inside of the certificates; thread-safe. Wires made by it point into it, so it
/// must outlive them.
class Destination {
 public:
  /// Throws std::runtime_error if libcurl can't make sense of the target's URLs.
  explicit Destination(std::shared_ptr<const Target> target);

  const Target& target() const { return *target_; }

  /// Whether both speak of the same target: connections of another one are not used.
  bool is_same(const Destination& other) const { return target_ == other.target_; }

  bool is_tls() const { return is_tls_; }

  /// "host:port", without a default port: the Host field.
  const std::string& authority() const { return authority_; }

  /// What goes before each request's own path: "/v4", or nothing.
  const std::string& base_path() const { return base_path_; }

  /// The name that must be resolved before a connection can be opened, the proxy's if there is one; empty if it is an
  /// address already, or a unix socket.
  const std::string& name_to_resolve() const { return name_; }

  /// For the log: where connections go.
  const std::string& told() const { return told_; }

  /// A wire with every option set but those of one attempt. Null if libcurl has no memory.
  std::unique_ptr<Wire> make_wire() const;

  /// Makes the wire go to this address, one that `name_to_resolve` stands for.
  void pin(Wire& wire, const std::string& address) const;

 private:
  static CURLcode give_trust(CURL* easy, void* context, void* self) noexcept;

  const std::shared_ptr<const Target> target_;
  std::unique_ptr<CURLU, UrlDeleter> origin_;
  std::string base_path_;
  std::string authority_;
  std::string name_;
  std::string port_;  // the one that goes with the name
  std::string told_;
  bool is_tls_ = false;
  std::shared_ptr<X509_STORE> trust_;  // null: unusable, which a connection attempt will tell
};

}  // namespace pgw::upstream
