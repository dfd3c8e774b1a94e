// What the contract says of a request, step by step: what the phases `route` and `validate` go by, and
// `projects-gateway validate`, which therefore says the same without a server. No function does I/O.
#pragma once

#include <optional>
#include <vector>

#include "contract/contract.h"
#include "gateway/http/message.h"
#include "gateway/pipeline/local_response.h"
#include "gateway/pipeline/outcome.h"

namespace pgw::pipeline {

/// Where the request's body is: in the request, if it has one, or on its way upstream without a stop here.
enum class BodyIs { collected, passing };

/// Why a request goes no further, and what its client is told.
struct Refusal {
  Rejection reason = Rejection::none;
  LocalResponse response;
  std::optional<contract::BodyRefusal> of_body = std::nullopt;  ///< what the contract said, if it is for the body
};

/// Finds the operation, and takes an override of the method out of the query. Nullopt: `match` is it.
std::optional<Refusal> route_request(const contract::Contract& contract, http::Request& request,
                                     contract::Match& match);

/// The wall around bodies, which stands whatever `validation.requests` says. Takes an override of the method out of a
/// form, and says the type of a body that came without one. Nullopt: the body may go on.
std::optional<Refusal> refuse_body(const contract::Operation& operation, http::Request& request, BodyIs body);

/// Everything else that is wrong with the request, at once.
std::vector<contract::Violation> violations_of(const contract::Contract& contract, const contract::Match& match,
                                               const http::Request& request, BodyIs body);

/// Whether there is a body, and the contract says nothing of it that could be checked.
bool has_unchecked_body(const contract::Operation& operation, const http::Request& request, BodyIs body);

}  // namespace pgw::pipeline
