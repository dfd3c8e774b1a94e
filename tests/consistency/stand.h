// The real sandbox behind the real gateway, in this process, on sockets of the loopback.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "consistency/history.h"
#include "gateway/service/service.h"
#include "sandbox/sandbox.h"

namespace pgw::consistency {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

struct StandOptions {
  unsigned workers = 3;
  // Short, as lost writes wait for it; long enough that a slow machine answers the others before.
  std::chrono::milliseconds upstream_timeout{kSanitized ? 1'500 : 400};
  bool check_generations = true;
};

class Stand {
 public:
  // Throws std::runtime_error that says what is wrong.
  explicit Stand(const StandOptions& options);

  // What the clients call, base path and all.
  std::string url() const;

  // When the sandbox carried out this request, the last time if several times; nullopt: it never did.
  std::optional<Time> time_of_effect(const std::string& request) const;

 private:
  void note_effect(std::string_view request);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Time> effects_;  // guarded by mutex_
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<service::Service> gateway_;
};

}  // namespace pgw::consistency
