// The bodies of requests and responses: media types, forms, parts.
#include <algorithm>

#include "base/list.h"
#include "contract/contract_compiler.h"

namespace pgw::contract {

using nlohmann::json;

void ContractCompiler::compile_body(const Pointer& where, Facts& facts) {
  if (!at(where).contains("requestBody")) return;
  const auto place = resolve(where / "requestBody");
  if (!place) return;
  warn_of_unknown_fields(*place, "a request body", {"description", "content", "required"});
  RequestBody body;
  body.required = flag_at(at(*place), "required");
  body.media_types = compile_media_types(*place / "content", true);
  facts.body = std::move(body);
}

void ContractCompiler::compile_responses(const Pointer& where, Facts& facts) {
  if (!at(where).contains("responses") || !at(where)["responses"].is_object()) {
    schemas_.warning(where, "this operation describes no responses, so none of them are checked");
    return;
  }
  for (const auto& [status, described] : at(where)["responses"].items()) {
    if (status.starts_with("x-")) continue;
    const auto place = resolve(where / "responses" / status);
    if (!place) continue;
    const bool is_class = status.size() == 3 && (status.ends_with("XX") || status.ends_with("xx"));
    const bool is_number = status.size() == 3 && status.find_first_not_of("0123456789") == std::string::npos;
    const bool is_code = (is_number || is_class) && status[0] >= '1' && status[0] <= '5';
    if (!is_code && status != "default") {
      schemas_.error(where / "responses" / status, "'" + status + "' is no status code, range (2XX) or 'default'");
      continue;
    }
    warn_of_unknown_fields(*place, "a response", {"description", "headers", "content", "links"});
    if (at(*place).contains("headers")) {
      schemas_.warning(*place / "headers", "the headers of a response are not checked");
    }
    Response response;
    response.status = !is_code ? 0 : is_class ? status[0] - '0' : std::stoi(status);
    if (at(*place).contains("content")) response.media_types = compile_media_types(*place / "content", false);
    facts.responses.push_back(std::move(response));
  }
}

std::vector<MediaType> ContractCompiler::compile_media_types(const Pointer& where, bool is_request) {
  std::vector<MediaType> media_types;
  if (!document_.root().contains(where) || !at(where).is_object()) {
    schemas_.error(where.parent_pointer(), "'content' is missing");
    return media_types;
  }
  for (const auto& name : document_.names_in_order(where)) {
    const json& described = at(where / name);
    warn_of_unknown_fields(where / name, "a media type", {"schema", "example", "examples", "encoding"});
    MediaType media{.name = media_type_name(name)};
    media.kind = kind_of(media.name);
    if (described.contains("schema")) media.schema = schemas_.compile(where / name / "schema");
    if (media.schema != nullptr && is_request) compile_members(where / name, media);
    const bool is_unchecked = media.kind == MediaType::Kind::opaque && media.schema != nullptr && !media.file;
    if (is_unchecked && is_request) schemas_.warning(where / name, "bodies of the type '" + name + "' are not checked");
    media_types.push_back(std::move(media));
  }
  return media_types;
}

/// Which forms a media type may be; a range may be several.
void ContractCompiler::compile_members(const Pointer& where, MediaType& media) {
  media.members = spellings_.members_of(*media.schema);
  const bool is_any = media.name == "*/*";
  if (is_any || media.name == "application/*" || media.kind == MediaType::Kind::form) compile_form(where, media);
  if (is_any || media.name == "multipart/*" || media.kind == MediaType::Kind::multipart) compile_parts(where, media);
  if (media.kind != MediaType::Kind::opaque) return;
  if (PartRule rule = spellings_.part_rule_of(*media.schema); rule.kind == PartRule::Kind::file && !rule.is_list) {
    media.file = std::move(rule);
  }
}

void ContractCompiler::compile_form(const Pointer& where, MediaType& media) {
  FormRules rules{.members = spellings_.members_of(*media.schema), .encodings = {}};
  for_each_encoding(where, *media.schema, [&](const Pointer& at, const std::string& name, const SchemaNode& member) {
    if (auto encoding = form_encoding(at, member)) rules.encodings.emplace(name, *std::move(encoding));
  });
  if (media.kind == MediaType::Kind::form) warn_of_unread(where / "schema", rules.members, false, &rules);
  media.form = std::make_shared<const FormRules>(std::move(rules));
}

void ContractCompiler::for_each_encoding(
    const Pointer& where, const SchemaNode& schema,
    const std::function<void(const Pointer&, const std::string&, const SchemaNode&)>& visit) {
  if (!at(where).contains("encoding")) return;
  const Pointer encodings = where / "encoding";
  if (!at(encodings).is_object()) return schemas_.error(encodings, "encoding must be an object");
  for (const auto& name : document_.names_in_order(encodings)) {
    const SchemaNode* const member = member_schema(schema, name);
    if (!at(encodings / name).is_object()) {
      schemas_.error(encodings / name, "an encoding must be an object");
    } else if (member == nullptr) {
      schemas_.warning(encodings / name,
                       "the encoding of '" + name + "' has no effect: the schema has no such property");
    } else {
      warn_of_unknown_fields(encodings / name, "an encoding",
                             {"contentType", "headers", "style", "explode", "allowReserved"});
      visit(encodings / name, name, *member);
    }
  }
}

/// Nullopt where the encoding says what goes without it.
std::optional<FormEncoding> ContractCompiler::form_encoding(const Pointer& where, const SchemaNode& member) {
  using Kind = FormEncoding::Kind;
  const json& described = at(where);
  // contentType has no say beside the others (OpenAPI 3.0.3, Encoding Object).
  if (described.contains("contentType") && !described.contains("style") && !described.contains("explode")) {
    const std::string type = media_type_name(text_at(described, "contentType"));
    if (is_json_type(type)) return FormEncoding{.kind = Kind::json};
    if (type.starts_with("text/")) return std::nullopt;
    schemas_.warning(where, "this member is not checked, for it is of the type '" + type + "'");
    return FormEncoding{.kind = Kind::unread};
  }
  const std::string style = text_at(described, "style", "form");
  if (style == "deepObject") {
    if (!spellings_.is_always_object(member) || member.may_be(JsonType::array)) {
      schemas_.warning(where,
                       "this member is not checked: OpenAPI says how objects are written as deepObject, nothing else");
      return FormEncoding{.kind = Kind::deep_object};
    }
    auto members = spellings_.members_of(member);
    warn_of_unread(where, members, true);
    return FormEncoding{.kind = Kind::deep_object, .members = std::move(members)};
  }
  const bool is_list = spellings_.of(member) == Spelling::list;
  const bool is_one_text = is_list && !flag_at(described, "explode", style == "form");
  if (style == "form") return is_one_text ? std::optional(FormEncoding{.kind = Kind::comma_list}) : std::nullopt;
  if (style == "spaceDelimited" && is_list) {
    return is_one_text ? std::optional(FormEncoding{.kind = Kind::space_list}) : std::nullopt;
  }
  if (style == "pipeDelimited" && is_list) {
    return is_one_text ? std::optional(FormEncoding{.kind = Kind::pipe_list}) : std::nullopt;
  }
  schemas_.warning(where, "this member is not checked, for '" + style + "' is no style of such a member");
  return FormEncoding{.kind = Kind::unread};
}

void ContractCompiler::compile_parts(const Pointer& where, MediaType& media) {
  MultipartRules rules{.parts = spellings_.parts_of(*media.schema), .encoded = {}};
  for_each_encoding(where, *media.schema,
                    [&](const Pointer& at_name, const std::string& name, const SchemaNode& member) {
                      if (auto rule = part_encoding(at_name, spellings_.part_rule_of(member)))
                        rules.encoded.emplace(name, *std::move(rule));
                    });
  if (media.kind == MediaType::Kind::multipart && warned_of_.insert(rules.parts).second) {
    const auto members = spellings_.members_of(*media.schema);
    for (const auto& [name, rule] : rules.parts->declared) {
      const bool is_ambiguous = rule.kind == PartRule::Kind::unread && members->spelling_of(name) == Spelling::unread;
      if (!is_ambiguous || rules.encoded.contains(name)) continue;
      schemas_.warning(where / "schema", "the part '" + name +
                                             "' is not checked, for it may be an object or something else, and no one "
                                             "can tell here how it is written");
    }
  }
  media.multipart = std::make_shared<const MultipartRules>(std::move(rules));
}

/// Nullopt where the encoding says nothing of the part's type.
std::optional<PartRule> ContractCompiler::part_encoding(const Pointer& where, PartRule rule) {
  const json& described = at(where);
  if (described.contains("headers")) schemas_.warning(where / "headers", "the headers of a part are not checked");
  for (const auto* field : {"style", "explode", "allowReserved"}) {
    if (described.contains(field)) {
      schemas_.warning(where / field, std::string("'") + field + "' has no effect on the parts of a multipart form");
    }
  }
  const std::string types = text_at(described, "contentType");
  base::for_each_element(types, [&](std::string_view type) { rule.media_types.push_back(media_type_name(type)); });
  if (rule.media_types.empty()) return std::nullopt;
  const auto is_text = [](const std::string& type) { return type.starts_with("text/"); };
  if (std::ranges::all_of(rule.media_types, is_json_type)) {
    rule.kind = PartRule::Kind::json;
  } else if (std::ranges::none_of(rule.media_types, is_json_type) && !std::ranges::all_of(rule.media_types, is_text)) {
    rule.kind = PartRule::Kind::file;
  }
  return rule;
}

}  // namespace pgw::contract
