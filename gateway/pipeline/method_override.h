// What frameworks take for the request's method in place of the request line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contract/contract.h"

namespace pgw::pipeline {

/// A request that was checked as one method must not become another one behind the gateway. Frameworks read `_method`
/// in queries, forms and JSON (Rack, Symfony, Laravel, Spring, Express, WordPress), the names of the fields as members
/// of either (ASP.NET, ServiceStack, Plack), and spell them in ways of their own: PHP reads '.' and ' ' as '_' and ends
/// a name at a NUL, Rack and qs take off brackets, Rack and Perl split pairs at ';' too. None of them passes unless the
/// document declares it as it is spelt. (The fields themselves: `FieldPolicy`.)

/// The query without such parameters. Nothing: there are none.
std::optional<std::string> without_method_override(std::string_view query, const contract::Operation& operation);

/// A body without such members. A form loses them. Other bodies are not rewritten here: `refused` names the member.
struct BodyWithoutOverride {
  std::optional<std::string> form;
  std::optional<std::string> refused;
};
BodyWithoutOverride without_method_override(std::string_view content_type, std::string_view body,
                                            const contract::Operation& operation);

/// Whether a body must be seen whole to know: a JSON object of a POST, which is what frameworks turn into other
/// methods.
bool may_hide_override(std::string_view content_type, const contract::Operation& operation);

/// Looks for such a part in a multipart body that comes piece by piece; in no other body. Parts are not taken apart
/// here, since readers differ in where they see one begin: whatever reads as a part's Content-Disposition counts as
/// one.
class MultipartOverride {
 public:
  MultipartOverride(std::string_view content_type, const contract::Operation& operation);

  /// The name, once one stands in the pieces so far.
  std::optional<std::string> find_in(std::string_view piece);

 private:
  const contract::Operation* operation_;  // null: there is nothing to look for
  std::string held_;                      // from where a Content-Disposition may have begun
};

}  // namespace pgw::pipeline
