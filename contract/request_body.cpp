#include "contract/request_body.h"

#include <string>

#include "contract/form_pairs.h"
#include "contract/json_body.h"
#include "contract/multipart.h"
#include "contract/multipart_body.h"
#include "contract/spelt_object.h"

namespace pgw::contract {
namespace {

void report_missing_body(std::vector<Violation>& out) {
  out.push_back({{std::string("body")}, "field required", "value_error.missing", nullptr});
}

/// A body of `null` counts as none at all, as it does for FastAPI, unless it is what the schema wants.
void check_json(const SchemaNode* schema, bool required, std::string_view text, const Reading& reading,
                std::vector<Violation>& out) {
  Violation violation;
  const auto value = parse_json_body(text, violation);
  if (!value) {
    out.push_back(std::move(violation));
    return;
  }
  report_repeated_key(*value, {std::string("body")}, reading.coercion, out);
  if (schema == nullptr) return;
  const std::size_t before = out.size();
  check_value(*schema, value->root(), &body_trail, reading, out);
  if (reading.coercion == Coercion::pydantic && value->root().is_null() && out.size() > before) {
    out.resize(before);
    if (required) report_missing_body(out);
  }
}

void check_form(const MediaType& media, std::string_view body, const Reading& reading, std::vector<Violation>& out) {
  if (media.schema == nullptr) return;
  const Form form(body);
  const auto value = form_body(form.pairs(), *media.form, reading.coercion, out);
  check_value(*media.schema, value.root(), &body_trail, reading, out);
}

void check_multipart(const MediaType& media, std::string_view content_type, std::string_view body,
                     const Reading& reading, std::vector<Violation>& out) {
  if (media.schema == nullptr) return;
  MultipartMistake mistake;
  const auto parts = parse_multipart(content_type, body, mistake);
  if (!parts) {
    const std::string of = mistake.part == 0 ? "" : "part " + std::to_string(mistake.part) + ": ";
    out.push_back({{std::string("body")},
                   "this is no multipart form: " + of + mistake.message,
                   "value_error.multipart",
                   mistake.part == 0 ? nlohmann::json() : nlohmann::json{{"part", mistake.part}}});
    return;
  }
  const auto value = multipart_body(*parts, *media.multipart, reading.coercion, out);
  check_value(*media.schema, value.root(), &body_trail, reading, out);
}

}  // namespace

void check_body(const RequestBody& declared, std::optional<std::string_view> content_type, std::string_view body,
                const Reading& reading, std::vector<Violation>& out) {
  if (body.empty()) {
    if (declared.required) report_missing_body(out);
    return;
  }
  const MediaType* const media = declared.media_types.empty() ? nullptr : media_type_of(declared, content_type);
  if (media == nullptr) return;
  switch (content_type.value_or("").empty() ? media->kind : kind_of_body(*media, *content_type)) {
    case MediaType::Kind::json:
      return check_json(media->schema, declared.required, body, reading, out);
    case MediaType::Kind::form:
      return check_form(*media, body, reading, out);
    case MediaType::Kind::multipart:
      return check_multipart(*media, content_type.value_or(""), body, reading, out);
    case MediaType::Kind::opaque:
      if (media->file) check_size(body.size(), *media->file, {std::string("body")}, out);
      return;
  }
}

}  // namespace pgw::contract
