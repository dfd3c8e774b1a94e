#include "gateway/upstream/response_policy.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/list.h"
#include "base/text.h"
#include "config/secret.h"

namespace pgw::upstream {
namespace {

constexpr std::array<std::string_view, 7> compressions = {"gzip",       "x-gzip", "deflate", "compress",
                                                          "x-compress", "br",     "zstd"};

/// Some servers say it because they were asked for it.
bool is_no_coding(const http::Field& field) {
  return base::iequals(field.name, "content-encoding") &&
         (field.value.empty() || base::iequals(field.value, "identity"));
}

}  // namespace

bool is_compressed(const http::Fields& fields) {
  return std::ranges::any_of(fields, [](const http::Field& field) {
    return base::iequals(field.name, "content-encoding") &&
           std::ranges::any_of(compressions, [&](auto coding) { return base::list_contains(field.value, coding); });
  });
}

void keep_end_to_end(http::Fields& fields, const Credential* credential) {
  const http::ConnectionOptions options(fields);
  fields.erase_if([&](http::Field& field) {
    const bool tells_credential =
        credential != nullptr && (base::iequals(field.name, credential->header()) ||
                                  credential->occurs_in(field.value) || credential->occurs_in(field.name));
    if (tells_credential) {
      config::wipe(field.name.data(), field.name.size());
      config::wipe(field.value.data(), field.value.size());
    }
    return tells_credential || options.end_here(field.name) || is_no_coding(field) ||
           base::iequals(field.name, "proxy-status");
  });
}

}  // namespace pgw::upstream
