// The API without the network: a request to its response.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/contract.h"
#include "gateway/http/message.h"
#include "sandbox/http_response.h"
#include "sandbox/operations.h"
#include "sandbox/store.h"

namespace pgw::sandbox {

/// Decides in the order of the real service: 404 and 405 of unknown routes, 401, 422, then the operation. Thread-safe.
class Api {
 public:
  /// `api_key` empty: any key that isn't. Problems with the contract are told by missing_operations().
  Api(std::shared_ptr<const contract::Contract> contract, Store& store, std::string api_key);

  /// Operations that only one of the two knows, the contract or the stand-in.
  std::vector<std::string> missing_operations() const;

  /// The operation that the request is for; null if none.
  const contract::Operation* find(const http::Request& request) const;

  /// Never throws: what goes wrong inside is told on standard error and answered with 500.
  HttpResponse answer(const http::Request& request) const;

 private:
  std::optional<HttpResponse> refuse_stranger(const http::Request& request) const;
  std::optional<HttpResponse> refuse_invalid(const http::Request& request, const contract::Match& match) const;
  HttpResponse carry_out(const Operation& operation, const contract::Match& match, const http::Request& request) const;

  std::shared_ptr<const contract::Contract> contract_;
  Store& store_;
  const std::string api_key_;
  std::vector<const Operation*> by_index_;  // of the contract's operations
};

/// {"detail": "..."}
HttpResponse error_response(int status, const std::string& detail);

}  // namespace pgw::sandbox
