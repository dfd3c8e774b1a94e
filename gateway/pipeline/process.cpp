#include "gateway/pipeline/process.h"

#include <array>
#include <cstdint>
#include <random>

#include "base/hex.h"
#include "gateway/log/log.h"

namespace pgw::pipeline {

std::string make_via_name() {
  const auto bits = static_cast<std::uint32_t>(std::random_device{}());
  const std::array bytes{static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
                         static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
  std::string name = "projects-gateway-";
  base::append_hex(name, bytes);
  return name;
}

CredentialHealth::Listener follow_credential(metrics::Metrics& metrics) {
  return [&metrics](bool refused) {
    metrics.credential_refused().Set(refused ? 1 : 0);
    if (refused) {
      log::event(log::Level::error,
                 "the upstream refuses the gateway's credential: teams get 502 until it is replaced");
    } else {
      log::event(log::Level::info, "the upstream takes the gateway's credential again");
    }
  };
}

}  // namespace pgw::pipeline
