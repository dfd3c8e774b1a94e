#include "contract/formats.h"

#include <algorithm>
#include <array>
#include <string>

#include <re2/re2.h>

#include "contract/format_times.h"
#include "contract/format_uris.h"
#include "contract/pattern.h"

namespace pgw::contract {
namespace {

bool full_match(std::string_view text, const re2::RE2& expression) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

struct Entry {
  Format format;
  std::string_view name;
  FormatError error;
};
constexpr std::array entries{
    Entry{Format::date_time, "date-time", {"invalid datetime format", "value_error.datetime"}},
    Entry{Format::date, "date", {"invalid date format", "value_error.date"}},
    Entry{Format::time, "time", {"invalid time format", "value_error.time"}},
    Entry{Format::duration, "duration", {"invalid duration format", "value_error.duration"}},
    Entry{Format::uuid, "uuid", {"value is not a valid uuid", "type_error.uuid"}},
    Entry{Format::email, "email", {"value is not a valid email address", "value_error.email"}},
    Entry{Format::idn_email, "idn-email", {"value is not a valid email address", "value_error.email"}},
    Entry{Format::hostname, "hostname", {"value is not a valid host name", "value_error.hostname"}},
    Entry{Format::idn_hostname, "idn-hostname", {"value is not a valid host name", "value_error.hostname"}},
    Entry{Format::uri, "uri", {"value is not a valid URI", "value_error.url"}},
    Entry{Format::uri_reference, "uri-reference", {"value is not a valid URI reference", "value_error.url"}},
    Entry{Format::iri, "iri", {"value is not a valid IRI", "value_error.url"}},
    Entry{Format::iri_reference, "iri-reference", {"value is not a valid IRI reference", "value_error.url"}},
    Entry{Format::uri_template, "uri-template", {"value is not a valid URI template", "value_error.uri_template"}},
    Entry{Format::ipv4, "ipv4", {"value is not a valid IPv4 address", "value_error.ipv4address"}},
    Entry{Format::ipv6, "ipv6", {"value is not a valid IPv6 address", "value_error.ipv6address"}},
    Entry{Format::byte, "byte", {"value is not valid base64", "value_error.base64"}},
    Entry{Format::json_pointer, "json-pointer", {"value is not a valid JSON pointer", "value_error.json_pointer"}},
    Entry{Format::relative_json_pointer,
          "relative-json-pointer",
          {"value is not a valid relative JSON pointer", "value_error.json_pointer"}},
    Entry{Format::regex, "regex", {"Invalid regular expression", "value_error.regex_pattern"}},
};

/// What pydantic takes beyond, or instead of, what the RFCs say; nullopt for a format that it doesn't write.
std::optional<bool> matches_pydantic(Format format, std::string_view text) {
  static const re2::RE2 uuid(
      R"((?i)(?:urn:uuid:)?\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?)");
  // pydantic takes a name before the address, and blanks around it and around a URL.
  static const re2::RE2 email(R"((?:[_\pL\pN\s]*<)?\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*>?\s*)");
  static const re2::RE2 uri(R"(\s*[A-Za-z][A-Za-z0-9+.\-]*:\S+\s*)");
  switch (format) {
    case Format::date_time:
      return is_pydantic_date_time(text);
    case Format::date:
      return is_pydantic_date(text);
    case Format::time:
      return is_pydantic_time(text);
    case Format::duration:
      return is_pydantic_duration(text) || is_rfc3339_duration(text);
    case Format::uuid:
      return full_match(text, uuid);
    case Format::email:
      return full_match(text, email);
    case Format::uri:
      return full_match(text, uri);
    case Format::ipv6: {
      // A scoped address may name its zone (RFC 4007 section 11).
      const auto percent = text.find('%');
      const auto zone = percent == std::string_view::npos ? "0" : text.substr(percent + 1);
      return !zone.empty() && zone.find('%') == std::string_view::npos && is_ipv6(text.substr(0, percent));
    }
    default:
      return std::nullopt;
  }
}

/// Longer ones are taken unread: to compile an expression is dearer than to read a text.
bool is_regex(std::string_view text) {
  constexpr std::size_t most_bytes = 4096;
  return text.size() > most_bytes || Pattern(std::string(text), PatternDialect::ecma).is_strictly_right();
}

bool matches_rfc(Format format, std::string_view text) {
  static const re2::RE2 uuid("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
  static const re2::RE2 base64(R"((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)");
  static const re2::RE2 pointer("(?s)(?:/(?:[^~/]|~[01])*)*");
  static const re2::RE2 relative_pointer("(?s)(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)");
  switch (format) {
    case Format::date_time:
      return is_rfc3339_date_time(text);
    case Format::date:
      return is_rfc3339_date(text);
    case Format::time:
      return is_rfc3339_time(text);
    case Format::duration:
      return is_rfc3339_duration(text);
    case Format::uuid:
      return full_match(text, uuid);
    case Format::email:
    case Format::idn_email:
      return is_email(text, format == Format::idn_email);
    case Format::hostname:
      return is_hostname(text);
    case Format::idn_hostname:
      return is_idn_hostname(text);
    case Format::uri:
      return is_uri(text, UriKind::absolute);
    case Format::uri_reference:
      return is_uri(text, UriKind::reference);
    case Format::iri:
      return is_iri(text, UriKind::absolute);
    case Format::iri_reference:
      return is_iri(text, UriKind::reference);
    case Format::uri_template:
      return is_uri_template(text);
    case Format::ipv4:
      return is_ipv4(text);
    case Format::ipv6:
      return is_ipv6(text);
    case Format::byte:
      return full_match(text, base64);
    case Format::json_pointer:
      return full_match(text, pointer);
    case Format::relative_json_pointer:
      return full_match(text, relative_pointer);
    case Format::regex:
      return is_regex(text);
  }
  return true;
}

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  const auto* const found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? std::nullopt : std::optional(found->format);
}

bool is_annotation_format(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names{"password", "binary", "float",     "double",
                                                         "int32",    "int64",  "time-delta"};
  return std::ranges::find(names, name) != names.end();
}

bool matches(Format format, std::string_view text, FormatRules rules) {
  if (rules == FormatRules::of_pydantic) {
    if (const auto verdict = matches_pydantic(format, text)) return *verdict;
  }
  return matches_rfc(format, text);
}

bool is_time_delta(std::string_view text) {
  return is_pydantic_duration(text);
}

FormatError error_of(Format format, FormatRules rules) {
  if (format == Format::uri && rules == FormatRules::of_pydantic) {
    return {"invalid or missing URL scheme", "value_error.url.scheme"};
  }
  return std::ranges::find(entries, format, &Entry::format)->error;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace pgw::contract
