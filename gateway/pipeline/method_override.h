// `_method`: frameworks take a parameter of that name for the method, which was another one when the request was
// checked here. One that the operation doesn't declare goes no further.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contract/contract.h"

namespace pgw::pipeline {

/// A query without such parameters. Nothing: there are none.
std::optional<std::string> without_method_override(std::string_view query, const contract::Operation& operation);

/// The same for a body: nothing, or the form without such members. `is_refused`: it is a multipart form with one.
struct FormWithoutOverride {
  std::optional<std::string> body;
  bool is_refused = false;
};
FormWithoutOverride without_method_override(std::string_view content_type, std::string_view body,
                                            const contract::Operation& operation);

/// Looks for such a part in a multipart form that comes piece by piece; in no other body. Parts are not taken apart
/// here: where one part's name may be it, the request is to be refused.
class MultipartOverride {
 public:
  MultipartOverride(std::string_view content_type, const contract::Operation& operation);

  /// Whether it stands in this piece, or where this piece meets the one before.
  bool is_in(std::string_view piece);

 private:
  bool is_looked_for_;
  std::string seam_;  // the end of what came before
};

}  // namespace pgw::pipeline
