#include <algorithm>

#include "base/text.h"
#include "contract/operation_facts.h"

namespace pgw::contract {

Operation::Operation(std::unique_ptr<Facts> facts) : facts_(std::move(facts)) {}
Operation::~Operation() = default;
Operation::Operation(Operation&&) noexcept = default;
Operation& Operation::operator=(Operation&&) noexcept = default;

std::size_t Operation::index() const {
  return facts_->index;
}
const std::string& Operation::id() const {
  return facts_->id;
}
const std::string& Operation::method() const {
  return facts_->method;
}
const std::string& Operation::path_template() const {
  return facts_->path_template;
}
std::span<const PathSegment> Operation::segments() const {
  return facts_->segments;
}
bool Operation::is_safe() const {
  return facts_->method == "GET" || facts_->method == "HEAD" || facts_->method == "OPTIONS" ||
         facts_->method == "TRACE";
}
bool Operation::deprecated() const {
  return facts_->deprecated;
}
bool Operation::declares_body() const {
  return facts_->body.has_value();
}

bool Operation::declares_headers() const {
  return !facts_->header_parameters.empty();
}

std::vector<std::string> Operation::header_names() const {
  std::vector<std::string> names;
  for (const auto& parameter : facts_->header_parameters) names.push_back(parameter.name);
  return names;
}

bool Operation::declares_query(std::string_view name) const {
  return std::ranges::any_of(facts_->query_parameters, [&](const Parameter& parameter) {
    return parameter.name == name ||
           (parameter.style == Style::spread_object && parameter.members->declared.contains(name));
  });
}

bool Operation::declares_member(std::string_view name) const {
  return facts_->body && std::ranges::any_of(facts_->body->media_types, [&](const MediaType& media) {
           return media.members != nullptr && media.members->declared.contains(name);
         });
}

std::string_view Operation::assumed_media_type() const {
  const MediaType* const media = facts_->body ? media_type_of(*facts_->body, std::nullopt) : nullptr;
  if (media == nullptr || media->kind == MediaType::Kind::opaque) return {};
  return media->name.ends_with("/*") ? std::string_view("application/json") : std::string_view(media->name);
}

const std::vector<std::string>& Operation::security() const {
  return facts_->security;
}

MediaType::Kind kind_of(std::string_view name) {
  if (name == "application/json" || name.ends_with("+json") || name == "*/*" || name == "application/*") {
    return MediaType::Kind::json;
  }
  if (name == "multipart/form-data") return MediaType::Kind::multipart;
  return name == "application/x-www-form-urlencoded" ? MediaType::Kind::form : MediaType::Kind::opaque;
}

MediaType::Kind kind_of_body(const MediaType& media, std::string_view content_type) {
  return media.name.ends_with("/*") ? kind_of(media_type_name(content_type)) : media.kind;
}

std::string_view media_type_in(std::string_view content_type) {
  return base::trim(content_type.substr(0, content_type.find(';')));
}

std::string media_type_name(std::string_view content_type) {
  return base::to_lower(media_type_in(content_type));
}

const MediaType* find_media_type(const std::vector<MediaType>& media_types, std::string_view content_type) {
  const auto said = media_type_in(content_type);
  const auto is_it = [said](const MediaType& media) { return base::iequals(media.name, said); };
  if (const auto exact = std::ranges::find_if(media_types, is_it); exact != media_types.end()) return &*exact;
  const std::string range = base::to_lower(said.substr(0, said.find('/'))) + "/*";
  for (const std::string_view wanted : {std::string_view(range), std::string_view("*/*")}) {
    const auto found = std::ranges::find(media_types, wanted, &MediaType::name);
    if (found != media_types.end()) return &*found;
  }
  return nullptr;
}

const MediaType* media_type_of(const RequestBody& body, std::optional<std::string_view> content_type) {
  if (content_type && content_type->empty()) content_type.reset();
  if (content_type) {
    const MediaType* const described = find_media_type(body.media_types, *content_type);
    if (described != nullptr || !media_type_name(*content_type).ends_with("+json")) return described;
  }
  const auto found = std::ranges::find(body.media_types, MediaType::Kind::json, &MediaType::kind);
  if (found != body.media_types.end()) return &*found;
  return content_type ? nullptr : &body.media_types.front();
}

const Response* find_response(const std::vector<Response>& responses, int status) {
  for (const int wanted : {status, status / 100, 0}) {
    const auto found = std::ranges::find(responses, wanted, &Response::status);
    if (found != responses.end()) return &*found;
  }
  return nullptr;
}

}  // namespace pgw::contract
