// Which bodies may go upstream at all.
#include <algorithm>
#include <array>

#include "base/list.h"
#include "base/text.h"
#include "base/token.h"
#include "contract/operation_facts.h"

namespace pgw::contract {
namespace {

/// What is said of a body's text, as far as parsers may differ about it.
struct Charset {
  bool is_ambiguous = false;  ///< they do: several media types, several charsets, a quote that doesn't end
  bool is_utf_8 = true;
};

/// Where the first of these characters stands outside of quoted strings; npos without one, and `is_open` if a quoted
/// string doesn't end.
std::size_t find_outside_quotes(std::string_view text, std::string_view wanted, bool& is_open) {
  is_open = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_open && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_open = !is_open;
    } else if (!is_open && wanted.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return std::string_view::npos;
}

bool is_name_of_utf_8(std::string_view value) {
  const auto plain = value.starts_with('"') ? base::unquoted(value) : std::optional(std::string(value));
  return plain && (base::iequals(*plain, "utf-8") || base::iequals(*plain, "utf8"));
}

/// The charset among the parameters of a Content-Type. A "charset*" (RFC 2231), which few know, is none that is UTF-8.
Charset charset_of(std::string_view content_type) {
  Charset charset;
  std::size_t named = 0;
  bool is_open = false;
  for (;;) {
    const auto end = find_outside_quotes(content_type, ";,", is_open);
    const bool is_list = end != std::string_view::npos && content_type[end] == ',';
    const auto parameter = base::trim(content_type.substr(0, end));
    const auto equals = std::min(parameter.find('='), parameter.size());
    const std::string name = base::to_lower(base::trim(parameter.substr(0, equals)));
    if (name == "charset" || name.starts_with("charset*")) {
      ++named;
      const auto value = base::trim(parameter.substr(std::min(equals + 1, parameter.size())));
      charset.is_utf_8 = charset.is_utf_8 && name == "charset" && is_name_of_utf_8(value);
    }
    charset.is_ambiguous = charset.is_ambiguous || is_list || is_open || named > 1;
    if (charset.is_ambiguous || end == std::string_view::npos) return charset;
    content_type.remove_prefix(end + 1);
  }
}

/// "identity" is no coding (RFC 9110 section 8.4).
bool is_coded(std::string_view content_encoding) {
  bool is_coded = false;
  base::for_each_element(content_encoding,
                         [&](std::string_view coding) { is_coded = is_coded || !base::iequals(coding, "identity"); });
  return is_coded;
}

std::string names_of(const std::vector<MediaType>& media_types) {
  std::string names;
  for (const auto& media : media_types) names += (names.empty() ? "" : ", ") + media.name;
  return names;
}

BodyRefusal undeclared_body(const std::string& method) {
  static constexpr std::array<std::string_view, 4> without_content{"GET", "HEAD", "DELETE", "TRACE"};
  const bool has_no_content = std::ranges::find(without_content, method) != without_content.end();
  return {.status = has_no_content ? 400 : 415, .detail = "This operation takes no body"};
}

}  // namespace

std::optional<BodyRefusal> Operation::refusal_of(const BodyHead& head) const {
  if (!head.has_body) return std::nullopt;
  if (!facts_->body) return undeclared_body(facts_->method);
  const auto content_type = head.content_type.value_or("");
  const Charset charset = charset_of(content_type);
  if (charset.is_ambiguous) {
    return BodyRefusal{.status = 400, .detail = "Content-Type must name one media type, and its charset once"};
  }
  const auto& declared = facts_->body->media_types;
  if (declared.empty()) return std::nullopt;
  const MediaType* const media = media_type_of(*facts_->body, head.content_type);
  if (media == nullptr) {
    std::string accepted = names_of(declared);
    return BodyRefusal{.detail = "Unsupported Media Type: send " + accepted, .accepted_media_types = accepted};
  }
  const auto kind = content_type.empty() ? media->kind : kind_of_body(*media, content_type);
  const bool is_looked_at =
      kind != MediaType::Kind::opaque && (kind != MediaType::Kind::multipart || media->schema != nullptr);
  if (!is_looked_at) return std::nullopt;
  if (!charset.is_utf_8) {
    return BodyRefusal{.detail = "Unsupported Media Type: send UTF-8", .accepted_media_types = names_of(declared)};
  }
  if (is_coded(head.content_encoding)) {
    return BodyRefusal{.detail = "Unsupported Media Type: send the body without a content coding",
                       .wants_identity = true};
  }
  return std::nullopt;
}

bool Operation::checks_body(std::optional<std::string_view> content_type) const {
  if (!facts_->body) return false;
  if (facts_->body->media_types.empty()) {
    return kind_of(media_type_name(content_type.value_or(""))) == MediaType::Kind::form;
  }
  const MediaType* const media = media_type_of(*facts_->body, content_type);
  if (media == nullptr) return false;  // such a body is refused for its type
  switch (content_type.value_or("").empty() ? media->kind : kind_of_body(*media, *content_type)) {
    case MediaType::Kind::json:
    case MediaType::Kind::multipart:
      return media->schema != nullptr;
    case MediaType::Kind::form:
      return true;
    case MediaType::Kind::opaque:
      return media->file && (media->file->fewest_bytes || media->file->most_bytes);
  }
  return true;
}

}  // namespace pgw::contract
