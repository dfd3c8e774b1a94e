// What is known about an operation. Internal to contract/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/contract.h"
#include "contract/form_members.h"
#include "contract/schema_node.h"

namespace pgw::contract {

/// How a parameter's value is written (OpenAPI 3.0.3, Parameter Object, style and explode).
enum class Style {
  text,             ///< one value: the last one, if the name occurs again
  repeated,         ///< form, exploded array: name=a&name=b
  comma_separated,  ///< form or simple array: name=a,b
  space_separated,
  pipe_separated,
  spread_object,  ///< form, exploded object: each property a parameter of its own
  flat_object,    ///< form or simple object: name=property,value,property,value
  paired_object,  ///< simple, exploded object: property=value,property=value
  deep_object,    ///< name[property]=value
  json,           ///< `content` with a JSON media type
};

struct Parameter {
  std::string name;
  const SchemaNode* schema = nullptr;  ///< null: anything
  bool required = false;
  bool allow_empty = false;
  bool is_catch_all = false;  ///< of a path: `x-gateway-catch-all`
  Style style = Style::text;
  std::shared_ptr<const FormMembers> members = nullptr;  ///< of an object
};

/// A media type of a body, and what it must be like.
struct MediaType {
  enum class Kind { json, form, multipart, opaque };
  std::string name;  ///< lower case, without parameters; may be a range: "*/*", "application/*"
  Kind kind = Kind::opaque;
  const SchemaNode* schema = nullptr;                    ///< null: anything
  std::shared_ptr<const FormMembers> members = nullptr;  ///< of a request's object, in whichever kind of body it comes
  std::shared_ptr<const FormRules> form = nullptr;       ///< where it may be a form that has a schema
  std::shared_ptr<const MultipartRules> multipart = nullptr;
  std::optional<PartRule> file = std::nullopt;  ///< of an opaque body whose schema says that it is a file
};

struct RequestBody {
  bool required = false;
  std::vector<MediaType> media_types;
};

struct Response {
  int status = 0;  ///< 200; 2 for 2XX; 0 for `default`
  std::vector<MediaType> media_types;
};

struct Operation::Facts {
  std::size_t index = 0;
  std::string id;
  std::string method;
  std::string path_template;
  std::vector<PathSegment> segments;
  bool deprecated = false;
  std::vector<Parameter> path_parameters;  ///< in the order of the template
  std::vector<Parameter> query_parameters;
  std::vector<Parameter> header_parameters;
  std::optional<RequestBody> body;
  std::vector<Response> responses;
  std::vector<std::string> security;  ///< names of schemes
};

/// What a media type of this name (lower case) is parsed as. Ranges that include JSON count as JSON.
MediaType::Kind kind_of(std::string_view name);

/// What a body of this content type is parsed as, given the entry that it belongs to: of a range, the content type
/// decides.
MediaType::Kind kind_of_body(const MediaType& media, std::string_view content_type);

/// "Application/JSON" of "Application/JSON; charset=utf-8"; and the same in lower case.
std::string_view media_type_in(std::string_view content_type);
std::string media_type_name(std::string_view content_type);

/// The entry that a content type belongs to: the exact one before a range; null without one.
const MediaType* find_media_type(const std::vector<MediaType>& media_types, std::string_view content_type);

/// The entry of a request's body. Without Content-Type a body counts as JSON, as it does for FastAPI, and so does
/// "application/merge-patch+json" and the like (RFC 6839 section 3.1) where nothing else is said of them. Null: the
/// body is of a type that is not declared. `body` has a media type.
const MediaType* media_type_of(const RequestBody& body, std::optional<std::string_view> content_type);

/// The entry of the status itself, of its class, or the default; null without any.
const Response* find_response(const std::vector<Response>& responses, int status);

}  // namespace pgw::contract
