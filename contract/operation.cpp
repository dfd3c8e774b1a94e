#include <algorithm>

#include "contract/operation_facts.h"
#include "contract/router.h"

namespace pgw::contract {

namespace {

std::vector<std::string> pieces_of(const std::vector<PathSegment>& segments) {
  std::vector<std::string> pieces(1);
  for (const auto& segment : segments) {
    pieces.back() += '/';
    append_encoded_literal(pieces.back(), segment.is_parameter ? segment.before : segment.text);
    if (segment.is_parameter) append_encoded_literal(pieces.emplace_back(), segment.after);
  }
  return pieces;
}

}  // namespace

Operation::Operation(std::unique_ptr<Facts> facts) : facts_(std::move(facts)) {
  facts_->path_pieces = pieces_of(facts_->segments);
}
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

MediaType::Kind kind_of(std::string_view name) {
  if (name == "application/json" || name.ends_with("+json") || name == "*/*" || name == "application/*") {
    return MediaType::Kind::json;
  }
  return name == "application/x-www-form-urlencoded" ? MediaType::Kind::form : MediaType::Kind::opaque;
}

MediaType::Kind kind_of_body(const MediaType& media, std::string_view content_type) {
  return media.name.ends_with("/*") ? kind_of(media_type_name(content_type)) : media.kind;
}

std::string media_type_name(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  const auto first = content_type.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  content_type = content_type.substr(first, content_type.find_last_not_of(" \t") - first + 1);
  std::string name(content_type);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

const MediaType* find_media_type(const std::vector<MediaType>& media_types, std::string_view content_type) {
  const std::string name = media_type_name(content_type);
  if (const auto exact = std::ranges::find(media_types, name, &MediaType::name); exact != media_types.end()) {
    return &*exact;
  }
  const std::string range = name.substr(0, name.find('/')) + "/*";
  for (const std::string_view wanted : {std::string_view(range), std::string_view("*/*")}) {
    const auto found = std::ranges::find(media_types, wanted, &MediaType::name);
    if (found != media_types.end()) return &*found;
  }
  return nullptr;
}

const Response* find_response(const std::vector<Response>& responses, int status) {
  for (const int wanted : {status, status / 100, 0}) {
    const auto found = std::ranges::find(responses, wanted, &Response::status);
    if (found != responses.end()) return &*found;
  }
  return nullptr;
}

}  // namespace pgw::contract
