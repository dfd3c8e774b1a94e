// Phase `route`: method and path to an operation of the contract.
#include <string>

#include "gateway/pipeline/method_override.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/respond.h"

namespace pgw::pipeline {
namespace {

std::string location_of(const RequestContext& context, const contract::Match& match) {
  const auto& contract = *context.runtime->contract;
  std::string location = contract.base_path() + contract.canonical_path(match);
  if (!context.request().query.empty()) location.append("?").append(context.request().query);
  return location;
}

/// Before anything reads the query: validation, the cache's key and the upstream see the same one.
void drop_override_of_query(RequestContext& context) {
  http::Request& request = context.exchange->mutable_request();
  if (auto query = without_method_override(request.query, context.operation())) request.query = std::move(*query);
}

}  // namespace

Progress route(RequestContext& context) {
  auto found = context.runtime->contract->match(context.request().method, context.request().path);
  switch (found.status) {
    case contract::Route::Status::found:
      context.route = std::move(found.match);
      drop_override_of_query(context);
      return Progress::next;
    case contract::Route::Status::elsewhere:
      respond_locally(context, Rejection::other_ending, elsewhere(location_of(context, found.match)));
      return Progress::answered;
    case contract::Route::Status::method_not_allowed:
      respond_locally(context, Rejection::method_not_allowed, method_not_allowed(found.allow));
      return Progress::answered;
    case contract::Route::Status::not_found:
      respond_locally(context, Rejection::unknown_route, error_response(404, "Not Found"));
      return Progress::answered;
  }
  return Progress::answered;
}

}  // namespace pgw::pipeline
