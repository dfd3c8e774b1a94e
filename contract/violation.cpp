#include "contract/violation.h"

namespace pgw::contract {

std::string_view to_string(Location location) {
  switch (location) {
    case Location::path:
      return "path";
    case Location::query:
      return "query";
    case Location::header:
      return "header";
    case Location::body:
      return "body";
  }
  return "body";
}

std::string validation_error_body(std::span<const Violation> violations) {
  // Ordered, so that the members stand as the service itself writes them.
  auto detail = nlohmann::ordered_json::array();
  for (const auto& violation : violations) {
    auto loc = nlohmann::ordered_json::array();
    for (const auto& part : violation.loc) {
      std::visit([&loc](const auto& value) { loc.push_back(value); }, part);
    }
    nlohmann::ordered_json item{{"loc", std::move(loc)}, {"msg", violation.msg}, {"type", violation.type}};
    if (!violation.ctx.is_null()) item["ctx"] = violation.ctx;
    detail.push_back(std::move(item));
  }
  const nlohmann::ordered_json body{{"detail", std::move(detail)}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace pgw::contract
