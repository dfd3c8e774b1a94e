// The real sandbox behind the real gateway, in this process, on sockets of the loopback.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gateway/service/service.h"
#include "sandbox/sandbox.h"

namespace pgw::consistency {

struct StandOptions {
  unsigned workers = 3;
  std::chrono::milliseconds upstream_timeout{400};
  bool check_generations = true;
};

class Stand {
 public:
  // Throws std::runtime_error that says what is wrong.
  explicit Stand(const StandOptions& options);

  // What the clients call, base path and all.
  std::string url() const;

 private:
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<service::Service> gateway_;
};

}  // namespace pgw::consistency
