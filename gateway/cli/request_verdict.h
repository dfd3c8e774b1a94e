// What the gateway would answer to a request, were it only for the contract.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/cli/recorded_requests.h"

namespace pgw::cli {

struct RequestVerdict {
  int status = 0;  ///< that the gateway would answer; 0: the request goes on to the upstream
  std::string operation;
  std::vector<std::string> mistakes;  ///< for a person: "body.name: field required"
  std::string body;                   ///< that the gateway would answer
  bool is_valid() const { return status == 0; }
};

/// By the gateway's own parser, limits, router and validator. Keys, rates and `validation.requests` have no say: the
/// question is what the contract says.
RequestVerdict judge(const contract::Contract& contract, const config::Settings& settings,
                     const RecordedRequest& request);

}  // namespace pgw::cli
